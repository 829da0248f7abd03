// Full connection: every unit reads everything below.
//
//   u[m] = sum_k w[m,k] * x[k] + b[m]      dx[k] = sum_m w[m,k] * du[m]      dw[m,k] = du[m] * x[k]
//
// Source: LeCun et al. 1998, II.B, layer F6; Bouvrie 2006, 2.   Brief: C13, D4-D8

import { cellAt, like, squared, zeros } from './maps.js';

const shape = (layer) => [layer.units, 1, 1];

function parameters(layer, [maps, height, width]) {
  const own = { w: [layer.units, maps * height * width] };
  if (layer.bias !== false) own.b = [layer.units];
  return own;
}

function forward(layer, own, x) {
  const u = zeros(layer.units, 1, 1);
  const inputs = x.data.length;
  for (let m = 0; m < layer.units; m += 1) {
    let sum = own.b ? own.b.data[m] : 0;
    for (let k = 0; k < inputs; k += 1) sum += own.w.data[m * inputs + k] * x.data[k];
    u.data[m] = sum;
  }
  return u;
}

function backward(layer, own, x, du) {
  const dx = like(x);
  const inputs = x.data.length;
  const dw = new Float64Array(own.w.data.length);
  for (let m = 0; m < layer.units; m += 1) {
    const delta = du.data[m];
    for (let k = 0; k < inputs; k += 1) {
      dw[m * inputs + k] = delta * x.data[k];
      dx.data[k] += own.w.data[m * inputs + k] * delta;
    }
  }
  return { dx, gradients: own.b ? { w: dw, b: Float64Array.from(du.data) } : { w: dw } };
}

function curvature(layer, own, x, { hu }) {
  const weights = { ...own, w: { ...own.w, data: own.w.data.map((w) => w * w) } };
  const { dx, gradients } = backward(layer, weights, squared(x), hu);
  return { hx: dx, curvatures: gradients };
}

function forwardTerms(layer, own, x, [m]) {
  const inputs = x.data.length;
  const terms = Array.from(x.data, (value, k) => ({
    cell: cellAt(x, k), value, at: { name: 'w', index: m * inputs + k }, weight: own.w.data[m * inputs + k],
  }));
  return { terms, bias: own.b ? { name: 'b', index: m, value: own.b.data[m] } : null };
}

function backwardTerms(layer, own, x, du, [map, row, column]) {
  const inputs = x.data.length;
  const k = (map * x.height + row) * x.width + column;
  const terms = Array.from(du.data, (value, m) => ({
    cell: [m, 0, 0], value, at: { name: 'w', index: m * inputs + k }, weight: own.w.data[m * inputs + k],
  }));
  return { terms };
}

function gradientTerms(layer, own, x, du, name, index) {
  const m = name === 'b' ? index : Math.floor(index / x.data.length);
  const cell = [m, 0, 0];
  if (name === 'b') return { terms: [{ cell, value: du.data[m], weight: 1 }] };
  const k = index % x.data.length;
  return { terms: [{ cell, value: du.data[m], below: cellAt(x, k), weight: x.data[k] }] };
}

export const dense = {
  shape, parameters, forward, backward, curvature, forwardTerms, backwardTerms, gradientTerms,
};
