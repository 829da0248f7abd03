// Local connections: a kernel of its own at every place, none of them shared.
//
//   u[m,i,j] = sum_cpq w[m,i,j,c,p,q] * x[c,i*sh+p,j*sw+q] + b[m,i,j]
//
// Source: LeCun 1989, Generalization and network design strategies.   Brief: B2, B4

import { conv } from './conv.js';
import { like, placeOf, squared, valueAt, zeros } from './maps.js';
import { covering, paddingOf } from './windows.js';

function parameters(layer, below) {
  const [maps, height, width] = conv.shape(layer, below);
  const own = { w: [maps, height, width, below[0], ...layer.kernel] };
  if (layer.bias !== false) own.b = [maps, height, width];
  return own;
}

/** Call `visit(place, index, cell)` for every place of u, weight at it, and cell that it reads. */
function walk(layer, u, x, visit) {
  const [kh, kw] = layer.kernel;
  const [[top], [left]] = paddingOf(layer, x);
  let index = 0;
  for (let place = 0; place < u.data.length; place += 1) {
    const column = place % u.width;
    const row = Math.floor(place / u.width) % u.height;
    for (let c = 0; c < x.maps; c += 1) {
      for (let p = 0; p < kh; p += 1) {
        for (let q = 0; q < kw; q += 1) {
          const y = row * layer.stride[0] + p - top;
          const z = column * layer.stride[1] + q - left;
          if (y >= 0 && y < x.height && z >= 0 && z < x.width) {
            visit(place, index, (c * x.height + y) * x.width + z);
          }
          index += 1;
        }
      }
    }
  }
}

function forward(layer, own, x) {
  const u = zeros(...conv.shape(layer, [x.maps, x.height, x.width]));
  if (own.b) u.data.set(own.b.data);
  walk(layer, u, x, (place, index, cell) => { u.data[place] += own.w.data[index] * x.data[cell]; });
  return u;
}

function backward(layer, own, x, du) {
  const dx = like(x);
  const dw = new Float64Array(own.w.data.length);
  walk(layer, du, x, (place, index, cell) => {
    dw[index] = du.data[place] * x.data[cell];
    dx.data[cell] += own.w.data[index] * du.data[place];
  });
  return { dx, gradients: own.b ? { w: dw, b: Float64Array.from(du.data) } : { w: dw } };
}

function curvature(layer, own, x, { hu }) {
  const kernels = { ...own, w: { ...own.w, data: own.w.data.map((w) => w * w) } };
  const { dx, gradients } = backward(layer, kernels, squared(x), hu);
  return { hx: dx, curvatures: gradients };
}

function weightIndex(layer, u, channels, [m, i, j], c, p, q) {
  const [kh, kw] = layer.kernel;
  return (((placeOf(u, [m, i, j])) * channels + c) * kh + p) * kw + q;
}

function forwardTerms(layer, own, x, [m, i, j]) {
  const u = { height: conv.shape(layer, [x.maps, x.height, x.width])[1],
    width: conv.shape(layer, [x.maps, x.height, x.width])[2] };
  const [[top], [left]] = paddingOf(layer, x);
  const terms = [];
  for (let c = 0; c < x.maps; c += 1) {
    for (let p = 0; p < layer.kernel[0]; p += 1) {
      for (let q = 0; q < layer.kernel[1]; q += 1) {
        const cell = [c, i * layer.stride[0] + p - top, j * layer.stride[1] + q - left];
        const index = weightIndex(layer, u, x.maps, [m, i, j], c, p, q);
        terms.push({ cell, value: valueAt(x, cell), at: { name: 'w', index }, weight: own.w.data[index] });
      }
    }
  }
  const place = placeOf(u, [m, i, j]);
  return { terms, bias: own.b ? { name: 'b', index: place, value: own.b.data[place] } : null };
}

function backwardTerms(layer, own, x, du, [c, y, z]) {
  const [[top], [left]] = paddingOf(layer, x);
  const rows = covering(y, du.height, layer.kernel[0], layer.stride[0], top);
  const columns = covering(z, du.width, layer.kernel[1], layer.stride[1], left);
  const terms = [];
  for (let m = 0; m < du.maps; m += 1) {
    for (const [i, p] of rows) {
      for (const [j, q] of columns) {
        const cell = [m, i, j];
        const index = weightIndex(layer, du, x.maps, cell, c, p, q);
        terms.push({ cell, value: valueAt(du, cell), at: { name: 'w', index }, weight: own.w.data[index] });
      }
    }
  }
  return { terms };
}

function gradientTerms(layer, own, x, du, name, index) {
  const [kh, kw] = layer.kernel;
  const place = name === 'b' ? index : Math.floor(index / (kh * kw * x.maps));
  const cell = [Math.floor(place / (du.height * du.width)),
    Math.floor(place / du.width) % du.height, place % du.width];
  if (name === 'b') return { terms: [{ cell, value: valueAt(du, cell), weight: 1 }] };
  const [[top], [left]] = paddingOf(layer, x);
  const below = [Math.floor(index / (kh * kw)) % x.maps,
    cell[1] * layer.stride[0] + (Math.floor(index / kw) % kh) - top,
    cell[2] * layer.stride[1] + (index % kw) - left];
  return { terms: [{ cell, value: valueAt(du, cell), below, weight: valueAt(x, below) }] };
}

export const local = {
  shape: conv.shape, parameters, forward, backward, curvature,
  forwardTerms, backwardTerms, gradientTerms,
};
