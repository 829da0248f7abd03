// Euclidean radial basis functions: how far the features are from each class's code.
//
//   u[k] = sum_j (x[j] - w[k,j])^2; the smallest wins
//   dx[j] = sum_k du[k] * 2 (x[j] - w[k,j])        dw[k,j] = du[k] * 2 (w[k,j] - x[j])
//
// Source: LeCun et al. 1998, II.B, equation 7.   Brief: C14

import { cellAt, like, zeros } from './maps.js';

const shape = (layer) => [layer.codes.length, 1, 1];

function parameters(layer) {
  return layer.learned ? { w: [layer.codes.length, layer.codes[0].length] } : {};
}

const fixed = new WeakMap();

/** Give the codes as numbers, +1 for '#' and -1 for '.', or as they were learned. */
export function codesOf(layer, own) {
  if (layer.learned) return own.w.data;
  if (!fixed.has(layer)) {
    fixed.set(layer, Float64Array.from(layer.codes.join(''), (cell) => (cell === '#' ? 1 : -1)));
  }
  return fixed.get(layer);
}

function forward(layer, own, x) {
  const codes = codesOf(layer, own);
  const u = zeros(...shape(layer));
  const inputs = x.data.length;
  for (let k = 0; k < u.maps; k += 1) {
    for (let j = 0; j < inputs; j += 1) u.data[k] += (x.data[j] - codes[k * inputs + j]) ** 2;
  }
  return u;
}

function backward(layer, own, x, du) {
  const codes = codesOf(layer, own);
  const dx = like(x);
  const inputs = x.data.length;
  const dw = new Float64Array(codes.length);
  for (let k = 0; k < du.maps; k += 1) {
    for (let j = 0; j < inputs; j += 1) {
      const pull = 2 * du.data[k] * (x.data[j] - codes[k * inputs + j]);
      dx.data[j] += pull;
      dw[k * inputs + j] = -pull;
    }
  }
  return { dx, gradients: layer.learned ? { w: dw } : {} };
}

// A distance is no weighted sum: it bends by itself, so the slope du has a part in the curvature.
function curvature(layer, own, x, { du, hu }) {
  const codes = codesOf(layer, own);
  const hx = like(x);
  const inputs = x.data.length;
  const hw = new Float64Array(codes.length);
  const pulled = 2 * Math.max(du.data.reduce((sum, value) => sum + value, 0), 0);
  for (let k = 0; k < hu.maps; k += 1) {
    for (let j = 0; j < inputs; j += 1) {
      const away = 2 * (x.data[j] - codes[k * inputs + j]);
      const bent = away * away * hu.data[k];
      hx.data[j] += bent;
      hw[k * inputs + j] = bent + 2 * Math.max(du.data[k], 0);
    }
  }
  for (let j = 0; j < inputs; j += 1) hx.data[j] += pulled;
  return { hx, curvatures: layer.learned ? { w: hw } : {} };
}

/** One term is one square: its value is x[j] - w[k,j], and so is its weight. */
function forwardTerms(layer, own, x, [k]) {
  const codes = codesOf(layer, own);
  const inputs = x.data.length;
  const terms = Array.from(x.data, (value, j) => {
    const away = value - codes[k * inputs + j];
    return { cell: cellAt(x, j), value: away, weight: away, x: value, code: codes[k * inputs + j] };
  });
  return { terms, squares: true };
}

function backwardTerms(layer, own, x, du, [map, row, column]) {
  const codes = codesOf(layer, own);
  const j = (map * x.height + row) * x.width + column;
  const terms = Array.from(du.data, (value, k) => {
    const code = codes[k * x.data.length + j];
    return { cell: [k, 0, 0], value, weight: 2 * (x.data[j] - code), x: x.data[j], code };
  });
  return { terms };
}

function gradientTerms(layer, own, x, du, name, index) {
  const k = Math.floor(index / x.data.length);
  const j = index % x.data.length;
  const weight = 2 * (codesOf(layer, own)[index] - x.data[j]);
  return { terms: [{ cell: [k, 0, 0], value: du.data[k], below: cellAt(x, j), weight }] };
}

export const rbf = {
  shape, parameters, forward, backward, curvature, forwardTerms, backwardTerms, gradientTerms,
};
