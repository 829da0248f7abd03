// Convolution: one kernel slid over a map, the same weights everywhere.
//
//   u[m,i,j]    = sum over c in table[m], p, q of  w[m,c,p,q] * x[c,i*sh+p,j*sw+q]  + b[m]
//   dx[c,y,z]   = sum of  w[m,c,p,q] * du[m,i,j]  over all i*sh+p = y, j*sw+q = z
//   dw[m,c,p,q] = sum_ij  du[m,i,j] * x[c,i*sh+p,j*sw+q]        db[m] = sum_ij du[m,i,j]
//
// Source: LeCun et al. 1998, II.B; Bouvrie 2006, 3.1.   Brief: C5, C9, C12, D9, D12, D13, D15

import { cropped, padded, squared, valueAt, zeros } from './maps.js';
import { covering, paddingOf, places } from './windows.js';

/** Give the maps below that map m reads. */
export function readBy(layer, map, below) {
  return layer.table ? layer.table[map] : Array.from({ length: below }, (_, c) => c);
}

function shape(layer, [, height, width]) {
  const [down, across] = paddingOf(layer, { height, width });
  const [kh, kw] = layer.kernel;
  const [sh, sw] = layer.stride;
  return [layer.maps, places(height, kh, sh, down), places(width, kw, sw, across)];
}

function parameters(layer, [channels]) {
  const own = { w: [layer.maps, channels, ...layer.kernel] };
  if (layer.bias !== false) own.b = [layer.maps];
  return own;
}

function start(layer, channels, map, channel) {
  const [kh, kw] = layer.kernel;
  return (map * channels + channel) * kh * kw;
}

function forward(layer, own, x) {
  const wide = padded(x, paddingOf(layer, x));
  const u = zeros(...shape(layer, [x.maps, x.height, x.width]));
  const [kh, kw] = layer.kernel;
  const [sh, sw] = layer.stride;
  const area = u.height * u.width;
  for (let m = 0; m < u.maps; m += 1) {
    const out = u.data.subarray(m * area, (m + 1) * area);
    if (own.b) out.fill(own.b.data[m]);
    for (const c of readBy(layer, m, x.maps)) {
      const first = start(layer, x.maps, m, c);
      for (let i = 0; i < u.height; i += 1) {
        const row = i * u.width;
        for (let p = 0; p < kh; p += 1) {
          const read = (c * wide.height + i * sh + p) * wide.width;
          for (let q = 0; q < kw; q += 1) {
            const weight = own.w.data[first + p * kw + q];
            for (let j = 0; j < u.width; j += 1) {
              out[row + j] += weight * wide.data[read + q + j * sw];
            }
          }
        }
      }
    }
  }
  return u;
}

function backward(layer, own, x, du) {
  const padding = paddingOf(layer, x);
  const wide = padded(x, padding);
  const dx = zeros(wide.maps, wide.height, wide.width);
  const dw = new Float64Array(own.w.data.length);
  const db = own.b ? new Float64Array(du.maps) : null;
  const [kh, kw] = layer.kernel;
  const [sh, sw] = layer.stride;
  const area = du.height * du.width;
  for (let m = 0; m < du.maps; m += 1) {
    const deltas = du.data.subarray(m * area, (m + 1) * area);
    if (db) for (let n = 0; n < area; n += 1) db[m] += deltas[n];
    for (const c of readBy(layer, m, x.maps)) {
      const first = start(layer, x.maps, m, c);
      for (let i = 0; i < du.height; i += 1) {
        const row = i * du.width;
        for (let p = 0; p < kh; p += 1) {
          const read = (c * wide.height + i * sh + p) * wide.width;
          for (let q = 0; q < kw; q += 1) {
            const at = first + p * kw + q;
            const weight = own.w.data[at];
            let sum = 0;
            for (let j = 0; j < du.width; j += 1) {
              const delta = deltas[row + j];
              const place = read + q + j * sw;
              sum += delta * wide.data[place];
              dx.data[place] += weight * delta;
            }
            dw[at] += sum;
          }
        }
      }
    }
  }
  return { dx: cropped(dx, padding), gradients: db ? { w: dw, b: db } : { w: dw } };
}

function curvature(layer, own, x, { hu }) {
  const kernels = { ...own, w: { ...own.w, data: own.w.data.map((w) => w * w) } };
  const { dx, gradients } = backward(layer, kernels, squared(x), hu);
  return { hx: dx, curvatures: gradients };
}

function forwardTerms(layer, own, x, [m, i, j]) {
  const [kh, kw] = layer.kernel;
  const [[top], [left]] = paddingOf(layer, x);
  const terms = [];
  for (const c of readBy(layer, m, x.maps)) {
    for (let p = 0; p < kh; p += 1) {
      for (let q = 0; q < kw; q += 1) {
        const cell = [c, i * layer.stride[0] + p - top, j * layer.stride[1] + q - left];
        const index = start(layer, x.maps, m, c) + p * kw + q;
        terms.push({ cell, value: valueAt(x, cell), at: { name: 'w', index }, weight: own.w.data[index] });
      }
    }
  }
  return { terms, bias: own.b ? { name: 'b', index: m, value: own.b.data[m] } : null };
}

function backwardTerms(layer, own, x, du, [c, y, z]) {
  const [kh, kw] = layer.kernel;
  const [[top], [left]] = paddingOf(layer, x);
  const rows = covering(y, du.height, kh, layer.stride[0], top);
  const columns = covering(z, du.width, kw, layer.stride[1], left);
  const terms = [];
  for (let m = 0; m < du.maps; m += 1) {
    if (!readBy(layer, m, x.maps).includes(c)) continue;
    for (const [i, p] of rows) {
      for (const [j, q] of columns) {
        const cell = [m, i, j];
        const index = start(layer, x.maps, m, c) + p * kw + q;
        terms.push({ cell, value: valueAt(du, cell), at: { name: 'w', index }, weight: own.w.data[index] });
      }
    }
  }
  return { terms };
}

function gradientTerms(layer, own, x, du, name, index) {
  if (name === 'b') return sumOfDeltas(du, index);
  const [kh, kw] = layer.kernel;
  const [[top], [left]] = paddingOf(layer, x);
  const q = index % kw;
  const p = Math.floor(index / kw) % kh;
  const c = Math.floor(index / (kw * kh)) % x.maps;
  const m = Math.floor(index / (kw * kh * x.maps));
  if (!readBy(layer, m, x.maps).includes(c)) return { terms: [] };
  const terms = [];
  for (let i = 0; i < du.height; i += 1) {
    for (let j = 0; j < du.width; j += 1) {
      const below = [c, i * layer.stride[0] + p - top, j * layer.stride[1] + q - left];
      const cell = [m, i, j];
      terms.push({ cell, value: valueAt(du, cell), below, weight: valueAt(x, below) });
    }
  }
  return { terms };
}

/** A bias is added at every place of its map, so its gradient is the sum of the map's deltas. */
export function sumOfDeltas(du, map) {
  const terms = [];
  for (let i = 0; i < du.height; i += 1) {
    for (let j = 0; j < du.width; j += 1) {
      terms.push({ cell: [map, i, j], value: valueAt(du, [map, i, j]), weight: 1 });
    }
  }
  return { terms };
}

export const conv = {
  shape, parameters, forward, backward, curvature, forwardTerms, backwardTerms, gradientTerms,
};
