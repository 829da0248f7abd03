// Batch normalisation, in use: each map by its running mean and variance, times a gain, plus a bias.
//
//   u[c]  = w[c] * (x[c] - mean[c]) / sqrt(variance[c] + e) + b[c]
//   dx[c] = w[c] / sqrt(variance[c] + e) * du[c]
//   dw[c] = sum_ij du * (x - mean) / sqrt(variance + e)      db[c] = sum_ij du
//
// In training the batch's own mean and variance take the place of the running ones; the studio
// follows one example, as a trace does.
//
// Source: Ioffe, Szegedy 2015.

import { sumOfDeltas } from './conv.js';
import { like, valueAt } from './maps.js';

const EPSILON = 1e-5;

function parameters(layer, [maps]) {
  return { w: [maps], b: [maps], mean: [maps], variance: [maps] };
}

/** Give 1 / sqrt(variance + e) of a map. */
function scaleOf(layer, own, c) {
  return 1 / Math.sqrt(own.variance.data[c] + (layer.epsilon ?? EPSILON));
}

/** Visit every cell with its map and that map's scale. */
function eachCell(layer, own, x, visit) {
  const area = x.height * x.width;
  for (let c = 0; c < x.maps; c += 1) {
    const scale = scaleOf(layer, own, c);
    for (let n = c * area; n < (c + 1) * area; n += 1) visit(n, c, scale);
  }
}

function forward(layer, own, x) {
  const u = like(x);
  eachCell(layer, own, x, (n, c, scale) => {
    u.data[n] = own.w.data[c] * (x.data[n] - own.mean.data[c]) * scale + own.b.data[c];
  });
  return u;
}

function backward(layer, own, x, du) {
  const dx = like(x);
  const dw = new Float64Array(x.maps);
  const db = new Float64Array(x.maps);
  eachCell(layer, own, x, (n, c, scale) => {
    dx.data[n] = own.w.data[c] * scale * du.data[n];
    dw[c] += du.data[n] * (x.data[n] - own.mean.data[c]) * scale;
    db[c] += du.data[n];
  });
  return { dx, gradients: { w: dw, b: db } };
}

function curvature(layer) {
  throw new Error(`${layer.name}: batch normalisation ties examples together, so it has no curvature of one`);
}

function forwardTerms(layer, own, x, cell) {
  const [c] = cell;
  const scale = scaleOf(layer, own, c);
  const terms = [{ cell, value: valueAt(x, cell) - own.mean.data[c], weight: scale }];
  return {
    terms,
    factor: { name: 'w', index: c, value: own.w.data[c] },
    bias: { name: 'b', index: c, value: own.b.data[c] },
    statistics: { mean: own.mean.data[c], variance: own.variance.data[c], epsilon: layer.epsilon ?? EPSILON },
  };
}

function backwardTerms(layer, own, x, du, cell) {
  const [c] = cell;
  const weight = own.w.data[c] * scaleOf(layer, own, c);
  return { terms: [{ cell, value: valueAt(du, cell), at: { name: 'w', index: c }, weight }] };
}

function gradientTerms(layer, own, x, du, name, index) {
  if (name === 'b') return sumOfDeltas(du, index);
  const scale = scaleOf(layer, own, index);
  const terms = sumOfDeltas(du, index).terms.map((term) => ({
    ...term, weight: (valueAt(x, term.cell) - own.mean.data[index]) * scale, normal: true,
  }));
  return { terms };
}

export const batchNorm = {
  shape: (layer, below) => below,
  parameters, forward, backward, curvature, forwardTerms, backwardTerms, gradientTerms,
};
