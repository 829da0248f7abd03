// The formula of a cell with its own numbers, in MathML; each number can be hovered, and then the
// cell that it came from is ringed.

import { lines, mi, mn, mo, over, row, sub, sum, sup, term } from './mathml.js';
import { groupsOf, largest } from './groups.js';
import { ownLines } from './laws.js';
import { num } from './number.js';

const FEW = 5;
const ROW = 34;

/** Write u as the sum that it is, and what was made of u. */
export function forwardLines(found, hover) {
  if (found.squares) return distanceLines(found, hover);
  const rows = ownLines(found, hover, hovered) ?? [...stacked(row(mi('u'), mo('=')), summed(found, hover)), [mo('='), mn(num(found.u))]];
  rows.push(...squashLines(found));
  return lines(...rows);
}

/** Write δ as what comes back times the slope. */
export function backwardLines(found, hover) {
  if (!found.above && found.layer) return topLines(found);
  const name = found.layer ? mi('δ') : row(over(row(mo('∂'), mi('E')), row(mo('∂'), mi('x'))));
  const rows = [
    ...stacked(row(found.layer ? mi('s') : name, mo('=')), summed(found, hover)), [mo('='), mn(num(found.sum))],
  ];
  if (found.layer) {
    rows.push([row(name, mo('=')), sup(mi('f'), mo('′')), mo('('), mi('u'), mo(')'), mo('·'), mi('s'), mo('='),
      term(num(found.slope)), mo('·'), term(num(found.sum)), mo('='), result(found.value)]);
  }
  return lines(...rows);
}

/** Write the gradient of a weight as its sum over all places. */
export function gradientLines(found, hover) {
  const letter = { w: 'w', b: 'b', choice: 'c' }[found.name] ?? found.name;
  const left = row(over(row(mo('∂'), mi('E')), row(mo('∂'), mi(letter))), mo('='));
  return lines(...stacked(left, summed(found, hover)), [mo('='), result(found.value)]);
}

/** Write one step: the new weight from the old. */
export function stepLines(letter, value, rate, slope) {
  return lines(
    [row(mi('Δ'), mi(letter), mo('=')), mo('−'), mi('η'), over(row(mo('∂'), mi('E')), row(mo('∂'), mi(letter)))],
    [mo('='), mo('−'), mn(num(rate)), mo('·'), term(num(slope)), mo('='), mn(num(-rate * slope))],
    [row(mi(letter), mo('←')), mn(num(value)), mo('+'), term(num(-rate * slope)), mo('='), result(value - rate * slope)],
  );
}

function result(value) {
  const made = mn(num(value, 4));
  made.setAttribute('class', 'result');
  return made;
}

/**
 * Write the terms of a sum, in rows that fit a phone: few as they are, those of maps by their own
 * sums, many by the largest.
 */
function summed(found, hover) {
  const pieces = piecesOf(found, hover);
  if (found.factor) {
    return [[factorOf(found), mo('('), ...joined(pieces), mo(')'), ...biasOf(found)]];
  }
  if (found.bias) pieces.push(term(num(found.bias.value)));
  const rows = [[]];
  let room = ROW;
  for (const piece of pieces) {
    const long = piece.textContent.length + 1;
    if (room < long && room < ROW) {
      rows.push([]);
      room = ROW;
    }
    rows[rows.length - 1].push(piece);
    room -= long;
  }
  return rows.map((row_, n) => [...(n ? [mo('+')] : []), ...joined(row_)]);
}

/** List the pieces of a sum. */
function piecesOf(found, hover) {
  const groups = groupsOf(found.terms);
  if (!found.terms.length) return [mn('0')];
  if (found.terms.length <= FEW) {
    return found.terms.map((one, n) => hovered(product(one), [n], hover));
  }
  if (groups.length > 1 && groups.length <= 16) {
    return groups.map(({ sum: own, places }) => hovered(term(num(own)), places, hover));
  }
  const kept = largest(found.terms, 3);
  const rest = found.terms.reduce((all, one, n) => (kept.includes(n) ? all : all + one.weight * one.value), 0);
  return [...kept.map((n) => hovered(product(found.terms[n]), [n], hover)), mo('…'), term(num(rest))];
}

function joined(pieces) {
  return pieces.flatMap((piece, n) => (n ? [mo('+'), piece] : [piece]));
}

function biasOf({ bias }) {
  return bias ? [mo('+'), term(num(bias.value))] : [];
}

/** Set rows below each other, the first behind its left side. */
function stacked(left, rows) {
  return rows.map((row_, n) => [n ? mi('') : left, ...row_]);
}

function factorOf({ factor }) {
  return row(term(num(factor.value)), mo('·'));
}

function product({ weight, value }) {
  if (weight === 1) return term(num(value));
  return row(term(num(weight)), mo('·'), term(num(value)));
}

function hovered(piece, places, hover) {
  const made = row(piece);
  made.setAttribute('class', 'part');
  made.setAttribute('tabindex', '-1');
  made.addEventListener('pointerenter', () => hover(places));
  made.addEventListener('pointerleave', () => hover(null));
  return made;
}

function squashLines(found) {
  const { squash } = found;
  const left = row(mi('x'), mo('='));
  if (squash === 'softmax') {
    return [[left, over(sup(mi('e'), mn(num(found.sum))), row(sum(mi('k')), sup(mi('e'), sub(mi('u'), mi('k'))))), mo('='), result(found.value)]];
  }
  if (squash === 'identity') return [[left, mi('u'), mo('='), result(found.value)]];
  return [[left, ...functionWords(squash, num(found.u)), mo('='), result(found.value)]];
}

/** Write a squashing function of a number. */
function functionWords(squash, u) {
  const [name, parameter] = squash.replace(')', '').split('(');
  const known = {
    sigmoid: () => [over(mn('1'), row(mn('1'), mo('+'), sup(mi('e'), row(mo('−'), term(u)))))],
    tanh: () => [mi('tanh'), mo('('), mn(u), mo(')')],
    scaled_tanh: () => [mn('1.7159'), mi('tanh'), mo('('), over(mn('2'), mn('3')), mo('·'), term(u), mo(')')],
    relu: () => [mi('max'), mo('('), mn('0'), mo(','), mn(u), mo(')')],
    softplus: () => [mi('log'), mo('('), mn('1'), mo('+'), sup(mi('e'), term(u)), mo(')')],
    elu: () => (u.startsWith('−') ? [mn(parameter ?? '1'), mo('·'), mo('('), sup(mi('e'), term(u)), mo('−'), mn('1'), mo(')')] : [mi('u')]),
    leaky_relu: () => [mi('max'), mo('('), row(mn(parameter ?? '0.01'), mo('·'), term(u)), mo(','), mn(u), mo(')')],
  }[name];
  return known ? known() : [mi(name), mo('('), mn(u), mo(')')];
}

function distanceLines(found, hover) {
  const kept = largest(found.terms, 2);
  const parts = [];
  for (const n of kept) {
    const { x, code } = found.terms[n];
    if (parts.length) parts.push(mo('+'));
    const inside = row(mo('('), mn(num(x)), mo(code < 0 ? '+' : '−'), mn(num(Math.abs(code))), mo(')'));
    parts.push(hovered(sup(inside, mn('2')), [n], hover));
  }
  const rest = found.terms.reduce((all, one, n) => (kept.includes(n) ? all : all + one.weight * one.value), 0);
  return lines(
    [row(mi('y'), mo('=')), sum(mi('j')), sup(row(mo('('), sub(mi('x'), mi('j')), mo('−'), sub(mi('w'), mi('j')), mo(')')), mn('2'))],
    [mo('='), ...parts, mo('+'), mo('…'), mo('+'), mn(num(rest))],
    [mo('='), result(found.value)],
  );
}

/** Write what the loss says to an output. */
function topLines(found) {
  const k = found.cell[0];
  const right = k === found.label;
  const { parts } = found;
  if (parts.targets) {
    return lines([row(mi('δ'), mo('=')), sup(mi('f'), mo('′')), mo('('), mi('u'), mo(')'), mo('·'),
      mo('('), mi('y'), mo('−'), mi('t'), mo(')')], [mo('='), result(found.value)]);
  }
  if (!parts.probabilities) return lines([row(mi('δ'), mo('=')), result(found.value)]);
  const p = parts.probabilities[k];
  const share = { map: '−1', halved_map: '−½', scaled_map: '−⅛' }[found.loss] ?? (found.layer.type === 'rbf' ? '−1' : '');
  const inner = [mo('('), mn(num(p)), mo('−'), mn(right ? '1' : '0'), mo(')')];
  return lines(
    [row(mi('δ'), mo('=')), ...(share ? [mn(share), mo('·')] : []), mo('('), sub(mi('p'), mi('k')), mo('−'), sub(mi('t'), mi('k')), mo(')')],
    [mo('='), ...(share ? [mn(share), mo('·')] : []), ...inner, mo('='), result(found.value)],
  );
}

/** Write the loss of the example with its numbers. */
export function lossLines(seen) {
  const { parts, probabilities, targets } = seen.top;
  const left = row(mi('E'), mo('='));
  if (targets) {
    const x = seen.layers[seen.layers.length - 1].x.data;
    const kept = parts.map((value, k) => [value, k]).sort((a, b) => b[0] - a[0]).slice(0, 3).map(([, k]) => k);
    const squares = kept.flatMap((k, n) => [...(n ? [mo('+')] : []), mo('('), mn(num(targets[k])), mo('−'), term(num(x[k])), sup(mo(')'), mn('2'))]);
    return lines([left, over(mn('1'), mn('2')), sum(mi('k')), mo('('), sub(mi('t'), mi('k')), mo('−'), sub(mi('y'), mi('k')), sup(mo(')'), mn('2'))],
      [mo('='), over(mn('1'), mn('2')), mo('('), ...squares, mo('+'), mo('…'), mo(')')], [mo('='), result(seen.value)]);
  }
  if (!probabilities) return lines([left, sub(mi('y'), mi('t')), mo('='), result(seen.value)]);
  const p = probabilities[seen.label];
  return lines([left, mo('−'), mi('log'), sub(mi('p'), mi('t')), mo('='), mo('−'), mi('log'), mn(num(p)), mo('='), result(seen.value)]);
}

