// The formulas of layers that the deck does not have: as they are written in formulas/, and with the
// numbers of a cell. What is said of a layer in words stands in words/ under `note_`.

import { functionLink } from './codes.js';
import { el } from './dom.js';
import { largest } from './groups.js';
import { math, mi, mn, mo, over, row, sub, sum, term } from './mathml.js';
import { num } from './number.js';

const SHOWN = 6;
const root = (...inside) => {
  const made = document.createElementNS('http://www.w3.org/1998/Math/MathML', 'msqrt');
  made.append(...inside);
  return made;
};

function variance() {
  const made = row(mi('σ'), mo('²'));
  return root(made, mo('+'), mi('ε'));
}

const LAWS = {
  batch_norm: {
    forward: () => [mi('u'), mo('='), mi('w'), mo('·'), over(row(mi('x'), mo('−'), mi('μ')), variance()), mo('+'), mi('b')],
    backward: () => [mi('s'), mo('='), over(mi('w'), variance()), mo('·'), mi('δ')],
    names: ['batchnorm.used_forward', 'batchnorm.used_backward'],
  },
  dropout: {
    forward: () => [mi('u'), mo('='), mi('x')],
    backward: () => [mi('s'), mo('='), mi('δ')],
    names: ['dropout.dropout_forward', 'dropout.dropout_backward'],
  },
  mean: {
    forward: () => [mi('u'), mo('='), over(mn('1'), mi('n')), sum(mi('i')), sub(mi('x'), mi('i'))],
    backward: () => [mi('s'), mo('='), over(mn('1'), mi('n')), sum(mi('i')), sub(mi('δ'), mi('i'))],
    names: ['pool.pool_forward', 'pool.pool_backward'],
  },
  max: {
    forward: () => [mi('u'), mo('='), mi('max'), mo('('), sub(mi('x'), mn('1')), mo(','), mo('…'), mo(','), sub(mi('x'), mi('n')), mo(')')],
    backward: () => [mi('s'), mo('='), sum(row(mi('i'), mo(':'), mi('x'), mo('='), sub(mi('u'), mi('i')))), sub(mi('δ'), mi('i'))],
    names: ['pool.pool_forward', 'pool.pool_backward'],
  },
};

/** Say which law a layer follows; '' where the deck has its formula. */
export function lawNameOf(layer) {
  if (!layer) return '';
  if (layer.type === 'pool' || layer.type === 'global_pool') return layer.kind;
  return layer.type in LAWS ? layer.type : '';
}

/** Show the formula of a layer that the deck does not have, and what there is to know of it. */
export function ownLaw(found, words) {
  const layer = found.direction === 'forward' ? found.layer : found.above;
  const name = found.direction === 'gradient' ? '' : lawNameOf(layer);
  if (!name) return null;
  const { names, [found.direction]: law } = LAWS[name];
  const own = layer.type === 'global_pool' ? names.map((one) => one.replaceAll('pool', 'globalpool')) : names;
  const formula = el('div', { class: 'formula' }, math(...law()));
  const note = words[`note_${name}`];
  return el('figure', { class: 'law' }, formula, note ? el('p', { class: 'quiet' }, note) : null,
    el('figcaption', {}, functionLink(own[found.direction === 'forward' ? 0 : 1])));
}

/** Say how many places of a window lie in the border around the maps; null where none do. */
export function borderNote(found, below, words) {
  const { layer } = found;
  if (found.direction !== 'forward' || !layer?.kernel || !found.maps || !['conv', 'combine', 'local'].includes(layer.type)) return null;
  const places = layer.kernel[0] * layer.kernel[1];
  const { height, width } = below;
  const read = new Set(found.terms.map(({ cell }) => cell[0])).size;
  const inside = found.terms.filter(({ cell: [, y, z] }) => y >= 0 && z >= 0 && y < height && z < width).length;
  const outside = places - (read ? inside / read : 0);
  return outside > 0 ? el('p', { class: 'quiet' }, words.note_border.replace('{n}', String(outside)).replace('{all}', String(places))) : null;
}

/** Write u, or s, of such a layer with its numbers; null where it is a plain sum. */
export function ownLines(found, hover, hovered) {
  if (found.direction === 'forward' && found.statistics) return normalised(found, hover, hovered);
  const name = lawNameOf(found.direction === 'forward' ? found.layer : found.above);
  if (found.direction === 'forward' && name === 'max') return [largestOf(found, hover, hovered)];
  if (found.direction === 'forward' && name === 'mean') return meanOf(found, hover, hovered);
  if (found.direction === 'forward' && name === 'dropout') return [[row(mi('u'), mo('=')), mi('x'), mo('='), hovered(mn(num(found.terms[0].value)), [0], hover)]];
  return null;
}

function normalised(found, hover, hovered) {
  const { statistics: { mean, variance: spread, epsilon }, terms, factor, bias } = found;
  const x = hovered(mn(num(terms[0].value + mean)), [0], hover);
  const away = row(x, mo(mean < 0 ? '+' : '−'), mn(num(Math.abs(mean))));
  return [
    [row(mi('u'), mo('=')), term(num(factor.value)), mo('·'), over(away, root(mn(num(spread)), mo('+'), mn(num(epsilon)))), mo('+'), term(num(bias.value))],
    [mo('='), term(num(factor.value)), mo('·'), term(num(found.inner)), mo('+'), term(num(bias.value)), mo('='), mn(num(found.u))],
  ];
}

function largestOf(found, hover, hovered) {
  const best = found.terms.findIndex(({ weight }) => weight === 1);
  const kept = found.terms.length <= 9 ? found.terms.map((_, n) => n) : [best, ...found.terms.map((_, n) => n).filter((n) => n !== best).slice(0, SHOWN - 1)];
  const pieces = kept.flatMap((n, k) => [...(k ? [mo(',')] : []), hovered(mn(num(found.terms[n].value)), [n], hover)]);
  const rest = kept.length < found.terms.length ? [mo(','), mo('…')] : [];
  return [row(mi('u'), mo('=')), mi('max'), mo('('), ...pieces, ...rest, mo(')'), mo('='), mn(num(found.u))];
}

function meanOf(found, hover, hovered) {
  const { weight } = found.terms[0] ?? { weight: 1 };
  const plain = found.terms.map((one) => ({ ...one, weight: 1 }));
  const kept = plain.length <= 9 ? plain.map((_, n) => n) : largest(plain, SHOWN - 2);
  const total = plain.reduce((all, { value }) => all + value, 0);
  const rest = total - kept.reduce((all, n) => all + plain[n].value, 0);
  const pieces = kept.flatMap((n, k) => [...(k ? [mo('+')] : []), hovered(term(num(plain[n].value)), [n], hover)]);
  const others = kept.length < plain.length ? [mo('+'), mo('…'), mo('+'), term(num(rest))] : [];
  const count = Math.round(1 / weight);
  return [
    [row(mi('u'), mo('=')), over(mn('1'), mn(String(count))), mo('('), ...pieces, ...others, mo(')')],
    [mo('='), over(mn(num(total)), mn(String(count))), mo('='), mn(num(found.u))],
  ];
}
