// Why convolution: an image, a window that can be dragged, and the weights that it takes to see it
// in full, by windows, and by windows that share their weights.   Brief: B1 to B9, C4, D17

import { codeBlockOf } from './law.js';
import { el, fill, svg } from './dom.js';
import { whole } from './number.js';

const SIDES = [['image', 10, 1000, 100], ['kernel', 1, 100, 10], ['stride', 1, 50, 10], ['maps', 1, 200, 100]];
const KINDS = ['full', 'local', 'shared'];
const CODES = { full: ['B1'], local: ['B2'], shared: ['B5', 'B6', 'B7', 'C4'] };

/** Count neurons, weights and biases of each way to connect. */
export function counted({ image, kernel, stride, maps }) {
  const places = kernel > image ? 0 : (Math.floor((image - kernel) / stride) + 1) ** 2;
  const neurons = places * maps;
  return {
    full: { neurons, weights: neurons * image * image, biases: neurons },
    local: { neurons, weights: neurons * kernel * kernel, biases: neurons },
    shared: { neurons, weights: maps * kernel * kernel, biases: maps },
  };
}

/** The deck's own lines: what is counted, and the numbers that are multiplied. */
const LINES = [
  ['B1', 'full', [100, 100, 100]], ['B3', 'full', [1000, 1000, 1e6]], ['B4', 'local', [10, 10, 1e6]], ['B5', 'shared', [10, 10]],
  ['B6', 'shared', [10, 10, 100]], ['B7', 'neurons', [100, 100, 100]], ['B8', 'neurons', [1000, 1000, 100]], ['B9', 'bias', [101, 100]],
];

/** Make the view; its numbers stand in the state behind 'why'. */
export function whyView(app) {
  const root = el('div', { class: 'why' });
  let place = [0.35, 0.3];
  const told = Object.fromEntries(SIDES.map(([name, , , first]) => [name, first]));

  const show = () => {
    const { words } = app;
    const found = counted(told);
    const sliders = SIDES.map(([name, low, high]) => {
      const output = el('output', {}, String(told[name]));
      const input = el('input', {
        type: 'range', min: String(low), max: String(high), value: String(told[name]),
        oninput: (event) => {
          told[name] = Number(event.target.value);
          output.textContent = event.target.value;
          fill(kinds, cards());
        },
      });
      return el('label', {}, words[`why_${name}`], ' ', output, input);
    });
    const cards = () => KINDS.map((kind) => card(kind, counted(told)[kind], words));
    const kinds = el('div', { class: 'kinds' }, KINDS.map((kind) => card(kind, found[kind], words)));
    fill(root, el('div', { class: 'sliders' }, sliders), kinds, deckLines(words));
    return root;
  };

  const deckLines = (words) => el('figure', { class: 'deck-lines' }, el('figcaption', {}, words.why_deck), el('table', {}, el('tbody', {}, LINES.map(([code, kind, factors]) => el(
    'tr', {}, el('th', { scope: 'row' }, code), el('td', {}, words[`why_line_${kind}`]), el('td', {}, factors.map((factor) => whole(factor)).join(' × ')),
    el('td', {}, `= ${whole(factors.reduce((a, b) => a * b, 1))}`),
  )))));

  const card = (kind, { neurons, weights, biases }, words) => el(
    'section', { class: 'kind' }, el('h2', {}, words[`why_${kind}`]), diagram(kind),
    el('dl', { class: 'facts' }, [[words.why_neurons, neurons], [words.why_weights, weights], [words.why_biases, biases]]
      .flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, whole(value))])),
    CODES[kind].map((code) => codeBlockOf(code, app.language)),
  );

  /** Draw the image with its window, the neurons beside it, and what joins them. */
  const diagram = (kind) => {
    const share = kind === 'full' ? 1 : Math.max(0.12, Math.min(1, told.kernel / told.image));
    const side = 130 * share;
    const [x, y] = kind === 'full' ? [5, 5] : [5 + place[0] * (130 - side), 5 + place[1] * (130 - side)];
    const rows = 5;
    const chosen = [Math.round(place[1] * (rows - 1)), Math.round(place[0] * (rows - 1))];
    const dots = Array.from({ length: rows * rows }, (_, n) => {
      const [row, column] = [Math.floor(n / rows), n % rows];
      const here = row === chosen[0] && column === chosen[1];
      const tint = kind === 'local' ? ` tint${(row * 3 + column * 5) % 6}` : kind === 'shared' ? ' tint0' : '';
      return svg('circle', { cx: 195 + column * 16, cy: 38 + row * 16, r: here ? 6 : 4, class: `neuron${tint}${here ? ' here' : ''}` });
    });
    const target = [195 + chosen[1] * 16, 38 + chosen[0] * 16];
    const rays = [[x, y], [x + side, y], [x, y + side], [x + side, y + side]]
      .map((corner) => svg('path', { d: `M${corner.join(' ')}L${target.join(' ')}`, class: 'ray' }));
    const picture = svg('svg', { viewBox: '0 0 280 140', class: 'diagram' }, svg('rect', { x: 5, y: 5, width: 130, height: 130, class: 'image' }),
      svg('rect', { x, y, width: side, height: side, class: 'window' }), ...rays, ...dots);
    const drag = (event) => {
      const box = picture.getBoundingClientRect();
      const scale = 280 / box.width;
      const at = [event.clientX - box.left, event.clientY - box.top].map((value) => (value * scale - 5 - side / 2) / Math.max(130 - side, 1));
      place = at.map((value) => Math.max(0, Math.min(1, value)));
      root.querySelectorAll('.diagram').forEach((one, n) => one.replaceWith(diagram(KINDS[n])));
    };
    picture.addEventListener('pointerdown', drag);
    picture.addEventListener('pointermove', (event) => { if (event.buttons) drag(event); });
    return picture;
  };
  return { show };
}
