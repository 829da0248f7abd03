// Subsampling as LeNet-5 does it: sum a window, times one gain, plus one bias.
//
//   d[c,i,j]  = sum_pq x[c,n*i+p,m*j+q]      u = w[c] * d + b[c]
//   dx        = w * up(du)      dw[c] = sum_ij du * d      db[c] = sum_ij du
//
// Source: LeCun et al. 1998, II.B, layer S2; Bouvrie 2006, 3.2.   Brief: C7, D10, D11, D14, E1

import { sumOfDeltas } from './conv.js';
import { like, valueAt, zeros } from './maps.js';

function shape(layer, [maps, height, width]) {
  return [maps, height / layer.window[0], width / layer.window[1]];
}

function parameters(layer, [maps]) {
  return { w: [maps], b: [maps] };
}

/** Sum each window: the brief's down(x). */
export function down(x, [n, m]) {
  const d = zeros(x.maps, x.height / n, x.width / m);
  for (let row = 0; row < x.maps * x.height; row += 1) {
    const target = Math.floor(row / n) * d.width;
    for (let z = 0; z < x.width; z += 1) d.data[target + Math.floor(z / m)] += x.data[row * x.width + z];
  }
  return d;
}

/** Copy each cell over its window: the brief's up(x), the Kronecker product with ones. */
export function up(x, [n, m]) {
  const wide = zeros(x.maps, x.height * n, x.width * m);
  for (let row = 0; row < wide.maps * wide.height; row += 1) {
    const source = Math.floor(row / n) * x.width;
    for (let z = 0; z < wide.width; z += 1) {
      wide.data[row * wide.width + z] = x.data[source + Math.floor(z / m)];
    }
  }
  return wide;
}

function forward(layer, own, x) {
  const u = down(x, layer.window);
  const area = u.height * u.width;
  for (let n = 0; n < u.data.length; n += 1) {
    const c = Math.floor(n / area);
    u.data[n] = own.w.data[c] * u.data[n] + own.b.data[c];
  }
  return u;
}

function gathered(layer, gains, sums, du) {
  const dx = up(du, layer.window);
  const wide = dx.height * dx.width;
  for (let n = 0; n < dx.data.length; n += 1) dx.data[n] *= gains[Math.floor(n / wide)];
  const dw = new Float64Array(du.maps);
  const db = new Float64Array(du.maps);
  const area = du.height * du.width;
  for (let n = 0; n < du.data.length; n += 1) {
    const c = Math.floor(n / area);
    dw[c] += du.data[n] * sums[n];
    db[c] += du.data[n];
  }
  return { dx, dw, db };
}

function backward(layer, own, x, du) {
  const { dx, dw, db } = gathered(layer, own.w.data, down(x, layer.window).data, du);
  return { dx, gradients: { w: dw, b: db } };
}

function curvature(layer, own, x, { hu }) {
  const gains = own.w.data.map((w) => w * w);
  const sums = down(x, layer.window).data.map((d) => d * d);
  const { dx, dw, db } = gathered(layer, gains, sums, hu);
  return { hx: dx, curvatures: { w: dw, b: db } };
}

function forwardTerms(layer, own, x, [c, i, j]) {
  const [n, m] = layer.window;
  const terms = [];
  for (let p = 0; p < n; p += 1) {
    for (let q = 0; q < m; q += 1) {
      const cell = [c, n * i + p, m * j + q];
      terms.push({ cell, value: valueAt(x, cell), weight: 1 });
    }
  }
  return {
    terms,
    factor: { name: 'w', index: c, value: own.w.data[c] },
    bias: { name: 'b', index: c, value: own.b.data[c] },
  };
}

function backwardTerms(layer, own, x, du, [c, y, z]) {
  const cell = [c, Math.floor(y / layer.window[0]), Math.floor(z / layer.window[1])];
  if (cell[1] >= du.height || cell[2] >= du.width) return { terms: [] };
  return { terms: [{ cell, value: valueAt(du, cell), at: { name: 'w', index: c }, weight: own.w.data[c] }] };
}

function gradientTerms(layer, own, x, du, name, index) {
  if (name === 'b') return sumOfDeltas(du, index);
  const sums = down(x, layer.window);
  const terms = sumOfDeltas(du, index).terms.map((term) => ({
    ...term, weight: valueAt(sums, term.cell), sum: true,
  }));
  return { terms };
}

export const subsample = {
  shape, parameters, forward, backward, curvature, forwardTerms, backwardTerms, gradientTerms,
};
