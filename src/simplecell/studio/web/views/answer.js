// The answer: a bar for each class, and of radial basis functions the code that the features came
// closest to.

import { codesOf } from '../formulas/rbf.js';
import { softmax } from '../formulas/squash.js';
import { codeGrid } from '../state/model.js';
import { cellName } from '../state/state.js';
import { el, fill } from './dom.js';
import { num } from './number.js';
import { grid, paint } from './paint.js';

const MOST = 12;

/** Make the list of answers. */
export function answerList(app, model, point) {
  const root = el('div', { class: 'answers' });
  const codes = codeGrid(model);
  let rows = [];

  const show = ({ seen, label }, state) => {
    const { layer, x, du } = seen.layers[seen.layers.length - 1];
    const distances = layer.type === 'rbf';
    const shares = sharesOf(layer, x.data, seen.top);
    const order = Array.from(x.data, (_, k) => k);
    const best = order.reduce((a, b) => (shares[b] > shares[a] ? b : a), 0);
    const kept = order.length <= MOST ? order
      : order.sort((a, b) => shares[b] - shares[a]).slice(0, MOST);
    const most = distances ? Math.max(...x.data) : 1;
    rows = kept.map((k) => {
      const bar = el('i', { class: 'bar' });
      bar.style.width = `${100 * (distances ? x.data[k] / most : shares[k])}%`;
      const button = el(
        'button', {
          type: 'button', class: `row${k === best ? ' best' : ''}${k === label ? ' label' : ''}`,
          onclick: () => app.set({ cell: cellName(layer.name, [k, 0, 0]), weight: '' }),
          onpointerenter: () => point([k, 0, 0]), onpointerleave: () => point(null),
          'aria-label': `${model.classes[k]}: ${num(x.data[k])}`,
        },
        codes ? codePicture(seen, layer, k, codes) : null,
        el('span', { class: 'class' }, model.classes[k]), el('span', { class: 'track' }, bar),
        el('span', { class: 'value' }, num(x.data[k])),
        state.stop === 'forward' ? null : el('span', { class: 'delta' }, `δ ${num(du.data[k], 2)}`),
      );
      button.k = k;
      return button;
    });
    fill(
      root, el('p', { class: 'verdict' }, el('strong', {}, model.classes[best]), ' ', el('span', {}, `${Math.round(100 * shares[best])} %`)),
      el('p', { class: 'what' }, distances ? app.words.distances : app.words.probabilities), rows,
    );
  };

  const ring = (box, mark) => {
    const some = box && box.maps.size < rows.length;
    for (const row of rows) {
      row.classList.toggle('ringed', Boolean(some && box.maps.has(row.k)));
      row.classList.toggle('marked', mark?.[0] === row.k);
    }
  };
  return { root, show, ring };
}

/** Give how probable each class is. */
export function sharesOf(layer, outputs, top) {
  if (layer.squash === 'softmax') return outputs;
  if (top.probabilities) {
    const own = top.probabilities.slice(0, outputs.length);
    return own;
  }
  return softmax(Array.from(outputs, (y) => (layer.type === 'rbf' ? -y / 8 : y)));
}

const pictures = new WeakMap();

/** Draw the code of a class, once. */
function codePicture(seen, layer, k, [rows, columns]) {
  const codes = codesOf(layer, seen.layers[seen.layers.length - 1].own);
  const known = pictures.get(codes) ?? [];
  pictures.set(codes, known);
  if (!known[k]) {
    const canvas = el('canvas', { class: 'code', 'aria-hidden': 'true' });
    const bits = codes.subarray(k * rows * columns, (k + 1) * rows * columns);
    paint(canvas, grid(1, rows, columns, 1, 0), bits.map((bit) => Math.max(bit, 0)), 1, 'ink');
    known[k] = canvas;
  }
  return known[k];
}
