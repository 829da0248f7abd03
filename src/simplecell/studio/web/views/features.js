// Features without labels: a sparse autoencoder learns on the server, and its filters are seen
// emerging, its input beside what it makes of it, and how active each unit is.

import { asked, faultIn, numbersOf } from '../state/home.js';
import { lineChart } from './chart.js';
import { el, fill } from './dom.js';
import { num } from './number.js';
import { grid, paint, paintColour, reachOf } from './paint.js';

const EVERY_MS = 250;
const RESTING = ['', 'finished', 'stopped', 'failed'];

/** Make the view. */
export function featuresView(app) {
  const root = el('section', { class: 'lesson features' });
  const job = { id: '', after: 0, state: '', rho: 0.01, costs: [], told: null, arrays: null, frame: null, note: '' };
  let timer = null;
  let built = '';

  const start = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    job.note = '';
    try {
      const begun = await asked('api/features', {
        source: form.get('source'), hidden: Number(form.get('hidden')), iterations: Number(form.get('iterations')), rho: Number(form.get('rho')), count: 10000,
      });
      Object.assign(job, { id: begun.job, rho: Number(form.get('rho')), after: 0, costs: [], told: null, arrays: null, frame: null });
      listen();
    } catch (problem) {
      job.note = faultIn(app.words, problem);
    }
    app.draw();
  };
  const command = async (verb) => {
    await asked(`api/jobs/${encodeURIComponent(job.id)}/${verb}`, {}).catch((problem) => { job.note = faultIn(app.words, problem); });
    listen();
    app.draw();
  };
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      await hear().catch((problem) => {
        job.note = faultIn(app.words, problem);
        app.draw();
      });
      if (app.state.view === 'features' && job.id && !RESTING.includes(job.state)) listen();
    }, EVERY_MS);
  };
  const hear = async () => {
    const path = `api/jobs/${encodeURIComponent(job.id)}`;
    const { events, next, state } = await asked(`${path}/events?after=${job.after}`);
    Object.assign(job, { after: next, state });
    let snapshot = null;
    for (const event of events) {
      if (event.kind === 'iteration') {
        job.told = event;
        job.costs.push([event.iteration, event.cost]);
        snapshot = event.snapshot;
      }
      if (event.kind === 'warning') job.note = event.message;
    }
    if (snapshot !== null) {
      job.arrays ??= (await asked(`${path}/snapshots`)).arrays;
      job.frame = await numbersOf(`${path}/snapshots/${snapshot}`, job.arrays).catch(() => job.frame);
    }
    app.draw();
  };

  const form = (words) => {
    const sources = ['photographs', ...app.home.sets.filter((one) => one.here).map(({ name }) => name)];
    const field = (name, label, value, step = '1') => el('label', {}, label, ' ', el('input', { type: 'number', name, value, step, min: '0' }));
    return el(
      'form', { class: 'controls', onsubmit: start }, el('button', { class: 'go' }, words.learn_start),
      el('label', {}, words.data, ' ', el('select', { name: 'source' }, sources.map((name) => el('option', { value: name }, name)))),
      field('hidden', words.units, '25'), field('rho', words.sparsity, '0.01', '0.005'), field('iterations', words.iterations, '400'),
    );
  };

  const show = () => {
    const { words } = app;
    const key = `${app.language}|${job.state}|${job.note}`;
    if (built !== key || !root.children.length) {
      built = key;
      const resting = RESTING.includes(job.state);
      fill(
        root, el('p', { class: 'say' }, words.features_say), resting ? form(words) : el('div', { class: 'controls' },
          el('button', { type: 'button', onclick: () => command(job.state === 'paused' ? 'continue' : 'pause') }, job.state === 'paused' ? words.go_on : words.learn_stop),
          el('button', { type: 'button', onclick: () => command('stop') }, words.stop)),
        el('p', { class: 'bad', role: 'status' }, job.note), el('div', { class: 'course' }), el('div', { class: 'boards' }),
      );
    }
    if (job.told) {
      const { iteration, iterations, cost } = job.told;
      fill(root.querySelector('.course'), el('dl', { class: 'facts' }, [[words.iterations, `${iteration} / ${iterations}`], [words.cost, num(cost)]]
        .flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])), lineChart(job.costs, words.cost, words));
    }
    if (job.frame) fill(root.querySelector('.boards'), pictures(words));
  };

  const pictures = (words) => {
    const { filters, inputs, outputs, activation } = job.frame;
    const range = rangeOf([inputs.data, outputs.data]);
    return [
      [words.filters, sheetOf(filters)], [words.feature_inputs, shadesOf(inputs, range)],
      [words.feature_outputs, shadesOf(outputs, range)], [words.activation, barsOf(activation.data)],
    ].map(([title, picture]) => el('figure', {}, el('figcaption', {}, title), picture));
  };

  /** Draw how active each unit is on the mean; a line stands where ρ wants them all. */
  const barsOf = (activation) => {
    const most = Math.max(2.5 * job.rho, ...activation);
    const heightOf = (value) => `${(100 * value) / most}%`;
    const bars = Array.from(activation, (value) => {
      const bar = el('i', { title: num(value) });
      bar.style.height = heightOf(Math.max(value, 0));
      return bar;
    });
    const wanted = el('span', { class: 'wanted' });
    wanted.style.bottom = heightOf(job.rho);
    const mean = activation.reduce((a, b) => a + b, 0) / activation.length;
    return el('div', {}, el('div', { class: 'activations' }, bars, wanted), el('p', { class: 'quiet' }, app.words.activation_mean.replace('{mean}', num(mean)).replace('{rho}', String(job.rho))));
  };

  /** Draw patches as the photographs that they are, dark to light, all on one scale. */
  const shadesOf = ({ shape: [count, channels, height, width], data }, [low, high]) => {
    const area = height * width;
    return el('div', { class: 'patches' }, Array.from({ length: count }, (_, n) => {
      const own = data.subarray(n * channels * area, (n + 1) * channels * area);
      const shades = Float64Array.from({ length: 3 * area }, (__, k) => (255 * (own[k % own.length] - low)) / (high - low));
      const canvas = el('canvas', { class: 'cells' });
      paintColour(canvas, height, width, shades);
      return canvas;
    }));
  };

  /** Lay filters out side by side: grey ones signed, each on its own scale; coloured ones as colours. */
  const sheetOf = ({ shape: [count, channels, height, width], data }) => {
    const columns = Math.ceil(Math.sqrt(count));
    if (channels === 1) {
      const canvas = el('canvas', { class: 'cells' });
      const area = height * width;
      const scaled = data.slice();
      for (let n = 0; n < count; n += 1) {
        const own = scaled.subarray(n * area, (n + 1) * area);
        const reach = reachOf(own);
        own.forEach((value, k) => { own[k] = value / reach; });
      }
      const tiles = grid(count, height, width, columns, 1);
      paint(canvas, tiles, scaled, 1);
      canvas.style.width = `${tiles.across * Math.max(1, Math.floor(280 / tiles.across))}px`;
      return canvas;
    }
    const area = channels * height * width;
    return el('div', { class: 'patches' }, Array.from({ length: count }, (_, n) => {
      const own = data.subarray(n * area, (n + 1) * area);
      const reach = reachOf(own);
      const canvas = el('canvas', { class: 'cells' });
      paintColour(canvas, height, width, own.map((value) => 127.5 + (127.5 * value) / reach));
      return canvas;
    }));
  };
  const enter = () => {
    if (job.id && !RESTING.includes(job.state)) listen();
  };
  return {
    root, leave: () => {
      clearTimeout(timer);
      timer = null;
    },
    show: () => {
      if (!timer) enter();
      show();
    },
  };
}

/** Give the smallest and the largest of some lists of numbers. */
function rangeOf(lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of lists) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high > low ? high : low + 1];
}
