// Training on the server: any data set and recipe, by the compiled engine, in a process of its own.
// Its events are asked for five times a second while the page is seen; with each comes the number
// of a snapshot, whose weights move the maps, the kernels and the open cell.

import { asked, faultIn, learnedFrom, numbersOf } from '../state/home.js';
import { lineChart } from './chart.js';
import { choice, el, fill } from './dom.js';
import { num } from './number.js';

const EVERY_MS = 200;
const AT_WORK = ['training', 'compiling', 'loading', 'starting', 'testing'];

/** Make the bar. */
export function trainView(app) {
  const root = el('section', { class: 'learn' });
  const NONE = { id: '', after: 0, state: '', arrays: [], losses: [], errors: [], snapshots: [], told: null, note: '', bad: false, none: false };
  const job = structuredClone(NONE);
  let recipes = [];
  let timer = null;
  let shown = '';
  let asking = { key: '', form: null };

  const fault = (message) => Object.assign(job, { note: message, bad: true });
  const start = async () => {
    const form = new FormData(root.querySelector('form'));
    const number = (name) => (form.get(name) === '' ? null : Number(form.get(name)));
    const task = {
      network: app.model.id, data: form.get('data'), recipe: form.get('recipe'), epochs: number('epochs'), seed: number('seed') ?? 0,
    };
    await doing(async () => {
      const begun = await asked('api/train', task);
      follow(begun.job, 'starting');
    });
  };
  const command = (verb, body = {}) => doing(async () => {
    await asked(`api/jobs/${encodeURIComponent(job.id)}/${verb}`, body);
    if (verb !== 'stop') listen();
  });
  const doing = async (act) => {
    Object.assign(job, { note: '', bad: false });
    try {
      await act();
    } catch (problem) {
      fault(faultIn(app.words, problem));
    }
    app.draw();
  };

  /** Follow a job: one just begun, or one that an earlier studio left. */
  const follow = (id, state = '') => {
    Object.assign(job, structuredClone(NONE), { id, state });
    listen();
  };
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (document.visibilityState === 'visible' && app.state.view === 'learn') await hear().catch(unheard);
      if (job.id && !job.none) listen();
    }, AT_WORK.includes(job.state) || !job.after ? EVERY_MS : 5 * EVERY_MS);
  };
  const unheard = (problem) => {
    // A model that is a file and no run has no job.
    if (problem.status === 404 && job.id.startsWith('given:')) Object.assign(job, structuredClone(NONE), { id: job.id, none: true });
    else fault(faultIn(app.words, problem));
    app.draw();
  };
  const hear = async () => {
    const { events, next, state } = await asked(`api/jobs/${encodeURIComponent(job.id)}/events?after=${job.after}`);
    const news = events.length > 0 || job.state !== state || (job.bad && job.note === app.words.gone);
    if (job.note === app.words.gone) Object.assign(job, { note: '', bad: false });
    Object.assign(job, { after: next, state });
    let snapshot = null;
    for (const event of events) snapshot = noted(event) ?? snapshot;
    if (events.some(({ kind }) => kind === 'begun')) app.models = await app.home.models();
    if (events.some(({ kind }) => kind === 'begun') && app.state.model !== job.id) await app.set({ model: job.id, acts: '', view: 'learn' });
    if (snapshot !== null && job.arrays.length) {
      const parameters = await numbersOf(`api/jobs/${encodeURIComponent(job.id)}/snapshots/${snapshot}`, job.arrays).catch(() => null);
      if (parameters) app.base({ version: `${job.id}${snapshot}`, parameters });
    }
    if (news) app.draw();
  };

  /** Note an event; give the snapshot that goes with it. */
  const noted = (event) => {
    const { kind } = event;
    if (kind === 'begun') job.arrays = event.arrays;
    if (kind === 'progress') {
      job.told = event;
      job.losses.push([(event.epoch - 1) * event.steps + event.step, event.loss]);
    }
    if (kind === 'epoch' && event.validation_error_percent !== null) job.errors.push([event.epoch, event.validation_error_percent]);
    if (kind === 'compiling') Object.assign(job, { note: event.message, bad: false });
    if (kind === 'warning' || kind === 'diverged') fault(event.message);
    if (kind === 'progress' && !job.bad) job.note = '';
    if (kind === 'rewound') {
      const steps = (event.epoch * (job.told?.steps ?? 0)) + event.step;
      job.snapshots = job.snapshots.filter((place) => place <= event.snapshot);
      job.losses = job.losses.filter(([step]) => step <= steps);
      job.errors = job.errors.filter(([epoch]) => epoch <= event.epoch);
      return event.snapshot;
    }
    if (kind === 'finished') job.told = { ...job.told, result: event.result };
    if (Number.isInteger(event.snapshot)) {
      if (!job.snapshots.includes(event.snapshot)) job.snapshots.push(event.snapshot);
      return event.snapshot;
    }
    return null;
  };

  /** Give the form; what was typed into it stays while the page is drawn again. */
  const form = (words) => {
    const key = `${app.language}|${recipes.length}|${app.model.id}`;
    if (asking.key !== key) asking = { key, form: makeForm(words) };
    return asking.form;
  };
  const makeForm = (words) => {
    const here = app.home.sets.filter((one) => one.here).map(({ name }) => name);
    const wanted = [learnedFrom(app.model), 'mnist', 'digits'].find((name) => here.includes(name));
    const select = (name, options, chosen) => el('select', { name }, options.map((value) => el('option', { value, selected: value === chosen }, value)));
    return el(
      'form', { class: 'controls', onsubmit: (event) => { event.preventDefault(); start(); } },
      el('button', { class: 'go' }, words.learn_start), el('label', {}, words.data, ' ', select('data', here, wanted)),
      el('label', {}, words.recipe, ' ', select('recipe', recipes, 'fast')),
      el('label', {}, words.epochs, ' ', el('input', { type: 'number', name: 'epochs', min: '1', value: '' })),
      el('label', {}, words.seed, ' ', el('input', { type: 'number', name: 'seed', min: '0', value: '0' })),
    );
  };

  const show = (scene, state) => {
    const { words } = app;
    if (!recipes.length) {
      recipes = ['fast'];
      asked('api/recipes').then((found) => {
        recipes = found.recipes.map(({ name }) => name);
        shown = '';
        app.draw();
      });
    }
    const { id } = scene.model;
    // A run that is opened is followed, whoever began it; one that was never heard of has no job.
    if (!id.startsWith('zoo:') && job.id !== id && !(AT_WORK.includes(job.state) && job.id)) follow(id);
    const busy = AT_WORK.includes(job.state);
    const key = `${app.language}|${busy}|${job.state}|${recipes.length}|${scene.model.id}|${job.note}|${state.stop === 'update'}|${busy || job.snapshots.length}`;
    if (key !== shown || !root.children.length) {
      shown = key;
      fill(root, el('p', {}, words.train_say), busy || job.state === 'paused' ? null : form(words), job.id && job.state && !job.none ? buttons(words, busy) : null, looks(words, state), el('p', { class: job.bad ? 'bad' : 'quiet', role: 'status' }, job.note), el('div', { class: 'course' }));
    }
    fill(root.querySelector('.course'), course(words));
  };

  const buttons = (words, busy) => el(
    'div', { class: 'controls' },
    busy ? el('button', { type: 'button', onclick: () => command('pause') }, words.learn_stop) : null,
    !busy && job.state !== 'finished' ? el('button', { type: 'button', class: 'go', onclick: () => command('continue') }, words.go_on) : null,
    busy || job.state === 'paused' ? el('button', { type: 'button', onclick: () => command('stop') }, words.stop) : null,
    el('span', { class: 'quiet' }, `${job.id.replace('run:', 'runs/')} · ${words[`state_${job.state}`] ?? job.state}`),
    !busy && job.snapshots.length > 1 ? el('label', { class: 'back' }, words.learn_back, ' ', el('input', {
      type: 'range', min: '0', max: String(job.snapshots.length - 1), value: String(job.snapshots.length - 1),
      onchange: (event) => command('rewind', { snapshot: job.snapshots[Number(event.target.value)], paused: true }),
    })) : null,
  );

  /** Choose what moves: the maps, or the weights with the change that one step would make. */
  const looks = (words, state) => {
    const row = choice(words.show, [['backward', words.show_maps], ['update', words.show_weights]], (stop) => app.set({ stop }));
    row.show(state.stop === 'update' ? 'update' : 'backward');
    return el('div', { class: 'controls' }, el('span', { class: 'quiet' }, words.show), row);
  };

  const course = (words) => {
    if (!job.told) return [];
    const { epoch, epochs, loss, seconds_left: left, result } = job.told;
    const facts = [
      [words.epoch, `${epoch} / ${epochs}`], [words.loss, num(loss)],
      [words.validation_error, job.errors.length ? `${num(job.errors[job.errors.length - 1][1])} %` : '–'],
      result ? [words.test_error, `${num(result.test_error_percent)} %`] : [words.time_left, `${Math.round(left)} s`],
    ];
    return [
      el('dl', { class: 'facts' }, facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      lineChart(job.losses, words.loss, words), lineChart(job.errors, words.validation_error, words),
    ];
  };
  return { root, show, leave: () => {} };
}
