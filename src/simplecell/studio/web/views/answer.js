// The answer: a bar for each class, and of radial basis functions the code that the features came
// closest to.

import { codesOf } from '../formulas/rbf.js';
import { softmax } from '../formulas/squash.js';
import { codeGrid } from '../state/model.js';
import { cellName } from '../state/state.js';
import { el, fill, put } from './dom.js';
import { num } from './number.js';
import { grid, paint } from './paint.js';

const MOST = 12;

/** Make the list of answers. */
export function answerList(app, model, point) {
  const codes = codeGrid(model);
  const root = el('div', { class: codes ? 'answers' : 'answers plain' });
  const [verdict, share] = [el('strong'), el('span')];
  let rows = [];
  let made = '';

  const show = ({ seen, label }, state) => {
    const { layer, x, du } = seen.layers[seen.layers.length - 1];
    const distances = layer.type === 'rbf';
    const shares = sharesOf(layer, x.data, seen.top);
    const order = Array.from(x.data, (_, k) => k);
    const best = order.reduce((a, b) => (shares[b] > shares[a] ? b : a), 0);
    const kept = order.length <= MOST ? order
      : order.sort((a, b) => shares[b] - shares[a]).slice(0, MOST);
    const most = distances ? Math.max(...x.data) : 1;
    const key = `${kept}|${app.language}|${app.ground}`;
    if (made !== key) build(kept, app.words[distances ? 'distances' : 'probabilities'], seen);
    made = key;
    put(verdict, model.classes[best]);
    put(share, `${Math.round(100 * shares[best])} %`);
    for (const { k, root: row, bar, value, delta } of rows) {
      const name = `row${k === best ? ' best' : ''}${k === label ? ' label' : ''}`;
      if (row.className !== name) row.className = name;
      row.setAttribute('aria-label', `${model.classes[k]}: ${num(x.data[k])}`);
      bar.style.width = `${100 * (distances ? x.data[k] / most : shares[k])}%`;
      put(value, num(x.data[k]));
      put(delta, `δ ${num(du.data[k], 2)}`);
      delta.hidden = state.stop === 'forward';
    }
  };

  /** Make a row for each class that is listed; later only its numbers change. */
  const build = (kept, what, seen) => {
    const { layer } = seen.layers[seen.layers.length - 1];
    rows = kept.map((k) => {
      const [bar, value, delta] = [['i', 'bar'], ['span', 'value'], ['span', 'delta']].map(([tag, name]) => el(tag, { class: name }));
      const button = el(
        'button', {
          type: 'button', onclick: () => app.set({ cell: cellName(layer.name, [k, 0, 0]), weight: '' }),
          onpointerenter: () => point([k, 0, 0]), onpointerleave: () => point(null),
        },
        codes ? codePicture(seen, layer, k, codes) : null,
        el('span', { class: 'class' }, model.classes[k]), el('span', { class: 'track' }, bar), value, delta,
      );
      return { k, root: button, bar, value, delta };
    });
    fill(root, el('p', { class: 'verdict' }, verdict, ' ', share), el('p', { class: 'what' }, what), rows.map((row) => row.root));
  };

  const ring = (box, mark) => {
    const some = box && box.maps.size < rows.length;
    for (const { k, root: row } of rows) {
      row.classList.toggle('ringed', Boolean(some && box.maps.has(k)));
      row.classList.toggle('marked', mark?.[0] === k);
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

/** Draw the code of a class. */
function codePicture(seen, layer, k, [rows, columns]) {
  const codes = codesOf(layer, seen.layers[seen.layers.length - 1].own);
  const canvas = el('canvas', { class: 'code', 'aria-hidden': 'true' });
  const bits = codes.subarray(k * rows * columns, (k + 1) * rows * columns);
  paint(canvas, grid(1, rows, columns, 1, 0), bits.map((bit) => Math.max(bit, 0)), 1, 'ink');
  return canvas;
}
