// How one number came about: the terms of its sum, and what was then done with the sum.
// Formulas, rings, hovers and worksheets are all drawn from this one description.
//
//   forward    value = f( factor * (sum of weight * value over the terms) + bias )
//   backward   value = f'(u) * (sum of weight * value over the terms)
//   gradient   value = sum of weight * value over the terms (+ the slope of a penalty)
//
// A term says which cell it comes from (`cell`), what stands there (`value`), what it is
// multiplied by (`weight`) and, where that is a parameter, which one (`at`).

import { formulasOf } from './layers.js';
import { valueAt } from './maps.js';
import { functionOf } from './squash.js';

function added(terms) {
  let sum = 0;
  for (const term of terms) sum += term.weight * term.value;
  return sum;
}

/** Describe x of a cell [map, row, column] of layer n. */
export function forwardTerms(seen, n, cell) {
  const { layer, own, below, u, x } = seen.layers[n];
  const found = formulasOf(layer).forwardTerms(layer, own, below, cell);
  const inner = added(found.terms);
  const sum = (found.factor?.value ?? 1) * inner + (found.bias?.value ?? 0);
  const described = {
    direction: 'forward', layer, cell, ...found, inner, sum, u: valueAt(u, cell), squash: layer.squash,
  };
  if (layer.squash !== 'softmax') return { ...described, value: functionOf(layer.squash).value(sum) };
  const scores = Array.from(u.data);
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return { ...described, powers, total, value: Math.exp(sum - largest) / total, shown: valueAt(x, cell) };
}

/** Describe du of a cell of layer n: what the layer above sends back, times its own slope. */
export function backwardTerms(seen, n, cell) {
  const here = seen.layers[n];
  if (n === seen.layers.length - 1) return topTerms(seen, cell);
  const above = seen.layers[n + 1];
  const found = formulasOf(above.layer).backwardTerms(
    above.layer, above.own, above.below, above.du, cell,
  );
  const sum = added(found.terms);
  const slope = functionOf(here.layer.squash).slope(valueAt(here.u, cell), valueAt(here.x, cell));
  return {
    direction: 'backward', layer: here.layer, above: above.layer, cell, ...found, sum, slope,
    squash: here.layer.squash, value: slope * sum,
  };
}

/** Describe dE/dx of a pixel of the input, which nothing squashed. */
export function inputTerms(seen, cell) {
  const above = seen.layers[0];
  const found = formulasOf(above.layer).backwardTerms(
    above.layer, above.own, above.below, above.du, cell,
  );
  const sum = added(found.terms);
  return { direction: 'backward', layer: null, above: above.layer, cell, ...found, sum, slope: 1, value: sum };
}

/** Describe du of an output: what the loss says to it. */
function topTerms(seen, cell) {
  const here = seen.layers[seen.layers.length - 1];
  return {
    direction: 'backward', layer: here.layer, above: null, cell, terms: [], loss: seen.loss,
    label: seen.label, parts: seen.top, value: valueAt(here.du, cell),
  };
}

/** Describe the gradient of one parameter of layer n: the sum over all places where it is used. */
export function gradientTerms(seen, n, name, index) {
  const { layer, own, below, du } = seen.layers[n];
  const found = formulasOf(layer).gradientTerms(layer, own, below, du, name, index);
  const sum = added(found.terms) + (found.bias?.value ?? 0);
  return {
    direction: 'gradient', layer, name, index, ...found, sum, value: sum, parameter: own[name].data[index],
  };
}
