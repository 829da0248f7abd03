// The page: it finds out where it lives, loads a model, and draws every state.

import { shapesOf } from './formulas/net.js';
import { findHome } from './state/home.js';
import { sceneMaker } from './state/scene.js';
import { changed, hashOf, START, stateOf } from './state/state.js';
import { cellView } from './views/cell.js';
import { el, fill } from './views/dom.js';
import { headView } from './views/head.js';
import { learnView } from './views/learn.js';
import { lessonView } from './views/lesson.js';
import { trainView } from './views/train.js';
import { featuresView } from './views/features.js';
import { rowView } from './views/row.js';
import { networkView } from './views/network.js';
import { onGround } from './views/paint.js';
import { pictureView } from './views/picture.js';
import { stepView } from './views/step.js';
import { LANGUAGES, languageOf } from './words/words.js';

const SAVED_MS = 250;

/** Find out the shapes of a model's layers, and whether drawings are read. */
function ready(model, id) {
  const drawn = model.reading === 'ink' && model.network.input[0] === 1;
  const shapes = shapesOf(model.network).slice(1).map(([maps, height, width]) => ({ maps, height, width }));
  return { ...model, id: model.id ?? id, shapes, drawn };
}

function makeApp(home) {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const app = { home, ground: 0, state: stateOf(window.location.hash || (home.state ?? '')), pointed: null, scene: null, model: null };
  let make = null;
  let base = null;
  let saving = null;
  let views = [];

  app.draw = () => {
    app.language = languageOf(app.state, home);
    app.words = LANGUAGES[app.language];
    const dark = app.state.theme === 'auto' ? system.matches : app.state.theme === 'dark';
    if (onGround(dark ? 'dark' : 'light')) app.ground += 1;
    const look = `${app.language}|${app.state.theme}`;
    if (look !== app.look) {
      document.documentElement.lang = app.language === 'zh' ? 'zh-CN' : 'en';
      document.documentElement.dataset.theme = app.state.theme;
      document.title = app.words.title;
      app.look = look;
    }
    if (make) app.scene = make(app.state, base ?? undefined);
    for (const view of views) view(app.scene, app.state);
  };
  app.set = (next) => {
    const state = Object.isFrozen(next) && 'view' in next ? next : changed(app.state, next);
    const model = state.model !== app.state.model;
    app.state = state;
    app.pointed = null;
    save();
    if (model) return app.load();
    app.draw();
    return undefined;
  };
  app.point = (where) => {
    app.pointed = where;
    app.rings?.();
  };
  app.base = (next) => {
    base = next;
    app.draw();
  };
  app.refresh = () => app.draw();
  app.show = (list) => { views = list; };
  app.load = async () => {
    app.model = ready(await home.model(app.state.model), app.state.model);
    make = sceneMaker(app.model);
    base = null;
    if (app.state.picture === START.picture && !app.model.samples.length) app.state = changed(app.state, { picture: 'd' });
    app.draw();
  };
  const save = () => {
    clearTimeout(saving);
    saving = setTimeout(() => {
      const hash = hashOf(app.state);
      // A page inside a notebook has no address of its own: it tells the notebook.
      if (window.location.protocol === 'about:') window.parent.postMessage({ simplecell: hash.slice(1) }, '*');
      else window.history.replaceState(null, '', hash || window.location.pathname + window.location.search);
    }, SAVED_MS);
  };
  system.addEventListener('change', () => app.draw());
  const go = (hash) => {
    const before = app.state.model;
    app.state = stateOf(hash);
    if (app.state.model !== before) app.load();
    else app.draw();
  };
  window.addEventListener('hashchange', () => go(window.location.hash));
  window.addEventListener('message', ({ source, data }) => {
    const asked = source === window.parent && source !== window && typeof data?.simplecell === 'string';
    if (asked && data.simplecell !== hashOf(app.state).slice(1)) go(data.simplecell);
  });
  return app;
}

/** Put the views of the network together: the picture, the layers, the open cell, the dock. */
function stage(app) {
  const [picture, network, cell, step] = [pictureView, networkView, cellView, stepView].map((make) => make(app));
  // The server trains by the compiled engine; a page in a folder learns by its own formulas.
  const learn = (app.home.server ? trainView : learnView)(app);
  const alone = { lesson: lessonView(app), row: rowView(app), features: featuresView(app) };
  const head = headView(app);
  const dock = el('div', { class: 'dock' }, step.root, learn.root);
  const main = el('div', { class: 'stage' }, picture.root, dock, network.root, cell.root);
  const page = el('div', { class: 'page' }, head.root, el('main', {}, main, Object.values(alone).map(({ root }) => root)));
  fill(document.getElementById('app'), page);
  app.rings = () => network.show(app.scene, app.state);
  app.show([(scene, state) => {
    const { view } = state;
    head.show(scene, state);
    main.hidden = view in alone;
    for (const [name, other] of Object.entries(alone)) {
      other.root.hidden = name !== view;
      if (name !== view) other.leave();
    }
    if (view !== 'learn') learn.leave();
    if (view in alone) {
      alone[view].show(scene, state);
      return;
    }
    step.root.hidden = view === 'learn';
    learn.root.hidden = view !== 'learn';
    picture.show(scene, state);
    if (view === 'learn') learn.show(scene, state);
    else step.show(scene, state);
    cell.show(scene, state);
    main.classList.toggle('opened', !cell.root.hidden);
    network.show(scene, state);
  }]);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') app.set({ cell: '', weight: '' });
  });
}

async function start() {
  const app = makeApp(await findHome());
  app.models = await app.home.models();
  stage(app);
  await app.load();
  document.documentElement.dataset.ready = 'true';
  window.simplecell = app;
}

start().catch((problem) => {
  const place = document.getElementById('app');
  fill(place, el('p', { class: 'bad', role: 'alert' }, String(problem.message ?? problem)));
  throw problem;
});
