// The head of the page: what is shown, which model, which language, which colours.

import { choice, el, fill } from './dom.js';

const VIEWS = ['network', 'learn', 'lesson', 'row', 'features'];
const SERVED = ['row', 'features'];

/** Make the head. */
export function headView(app) {
  const title = el('h1', {});
  const views = el('nav', {});
  const models = el('select', { onchange: (event) => app.set({ model: event.target.value, cell: '', weight: '', acts: '', picture: '0', label: '' }) });
  const language = el('button', { type: 'button', class: 'plain', onclick: () => app.set({ language: app.language === 'zh' ? 'en' : 'zh' }) });
  const theme = el('select', { onchange: (event) => app.set({ theme: event.target.value }) });
  const root = el('header', { class: 'head' }, title, views, models, el('span', { class: 'space' }), theme, language);
  let shown = '';

  const show = (scene, state) => {
    const key = `${app.language}|${state.view}|${state.theme}|${scene.model.id}|${app.models.length}`;
    if (key === shown) return;
    shown = key;
    const { words } = app;
    title.textContent = words.title;
    const tabs = choice(words.title, VIEWS.filter((view) => app.home.server || !SERVED.includes(view)).map((view) => [view, words[view]]), (view) => app.set({ view }));
    tabs.show(state.view);
    fill(views, tabs);
    models.setAttribute('aria-label', words.model);
    models.hidden = app.models.length < 2;
    fill(models, app.models.map(({ id, title: name, kind }) => el('option', { value: id, selected: id === (state.model || app.home.first) }, kind === 'zoo' ? `${name} · ${words.untrained}` : name)));
    language.textContent = words.other_language;
    language.lang = app.language === 'zh' ? 'en' : 'zh-CN';
    theme.setAttribute('aria-label', words.theme);
    fill(theme, ['auto', 'light', 'dark'].map((name) => el('option', { value: name, selected: name === state.theme }, words[`theme_${name}`])));
  };
  return { root, show };
}
