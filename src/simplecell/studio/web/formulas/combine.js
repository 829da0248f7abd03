// Learned combinations: each map mixes all the maps below, in shares that are learned.
//
//   u[m,i,j]     = sum_c alpha[m,c] * sum_pq w[c,p,q] * x[c,i*sh+p,j*sw+q]  + b[m]
//   alpha        = softmax over c of choice[m,c]
//   dalpha[m,c]  = sum_ij du[m,i,j] * (x[c] under w[c])[i,j]
//   dchoice[m,c] = alpha[m,c] * (dalpha[m,c] - sum_k alpha[m,k] * dalpha[m,k])
//
// Source: Bouvrie 2006, 3.3.   Brief: E2, E3

import { conv, sumOfDeltas } from './conv.js';
import { placeOf, valueAt } from './maps.js';

function parameters(layer, [channels]) {
  return { w: [channels, ...layer.kernel], choice: [layer.maps, channels], b: [layer.maps] };
}

/** Give the shares alpha, a softmax of each row of the choice: (M, C). */
export function shares({ data, shape: [maps, channels] }) {
  const alpha = new Float64Array(data.length);
  for (let m = 0; m < maps; m += 1) {
    const row = data.subarray(m * channels, (m + 1) * channels);
    const largest = Math.max(...row);
    const powers = Array.from(row, (value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, c) => { alpha[m * channels + c] = power / sum; });
  }
  return alpha;
}

/** Write the mixture as the convolution that it is: v[m,c,p,q] = alpha[m,c] * w[c,p,q]. */
function mixed(layer, own, channels) {
  const alpha = shares(own.choice);
  const area = layer.kernel[0] * layer.kernel[1];
  const data = new Float64Array(layer.maps * channels * area);
  for (let pair = 0; pair < layer.maps * channels; pair += 1) {
    const c = pair % channels;
    for (let n = 0; n < area; n += 1) data[pair * area + n] = alpha[pair] * own.w.data[c * area + n];
  }
  return { alpha, own: { w: { data }, b: own.b } };
}

function choiceGradient(alpha, dalpha, channels) {
  const dchoice = new Float64Array(alpha.length);
  for (let start = 0; start < alpha.length; start += channels) {
    let common = 0;
    for (let c = 0; c < channels; c += 1) common += alpha[start + c] * dalpha[start + c];
    for (let c = 0; c < channels; c += 1) {
      dchoice[start + c] = alpha[start + c] * (dalpha[start + c] - common);
    }
  }
  return dchoice;
}

function forward(layer, own, x) {
  return conv.forward(layer, mixed(layer, own, x.maps).own, x);
}

function backward(layer, own, x, du) {
  const { alpha, own: kernels } = mixed(layer, own, x.maps);
  const { dx, gradients } = conv.backward(layer, kernels, x, du);
  const area = layer.kernel[0] * layer.kernel[1];
  const dw = new Float64Array(own.w.data.length);
  const dalpha = new Float64Array(alpha.length);
  for (let pair = 0; pair < alpha.length; pair += 1) {
    const c = pair % x.maps;
    for (let n = 0; n < area; n += 1) {
      const dv = gradients.w[pair * area + n];
      dw[c * area + n] += alpha[pair] * dv;
      dalpha[pair] += own.w.data[c * area + n] * dv;
    }
  }
  const choice = choiceGradient(alpha, dalpha, x.maps);
  addPenalty(layer, alpha, choice, x.maps);
  return { dx, gradients: { w: dw, choice, b: gradients.b } };
}

/** Add the slope of strength * entropy of the shares; the published penalty has slope 0. */
function addPenalty(layer, alpha, dchoice, channels) {
  if (layer.penalty !== 'entropy') return;
  for (let start = 0; start < alpha.length; start += channels) {
    const row = alpha.subarray(start, start + channels);
    const entropy = -row.reduce((sum, a) => sum + (a > 0 ? a * Math.log(a) : 0), 0);
    row.forEach((a, c) => {
      if (a > 0) dchoice[start + c] += layer.strength * -a * (Math.log(a) + entropy);
    });
  }
}

/** Give what the layer adds to the loss: strength * (entropy of the shares, or their sum). */
function penalty(layer, own) {
  if (layer.penalty === 'none' || !layer.strength) return 0;
  const alpha = shares(own.choice);
  if (layer.penalty === 'absolute') return layer.strength * alpha.reduce((sum, a) => sum + a, 0);
  return -layer.strength * alpha.reduce((sum, a) => sum + (a > 0 ? a * Math.log(a) : 0), 0);
}

/** Give what each kernel finds in its own map, before the maps are mixed. */
function found(layer, own, x) {
  const table = Array.from({ length: x.maps }, (_, c) => [c]);
  const area = layer.kernel[0] * layer.kernel[1];
  const data = new Float64Array(x.maps * x.maps * area);
  for (let c = 0; c < x.maps; c += 1) {
    data.set(own.w.data.subarray(c * area, (c + 1) * area), (c * x.maps + c) * area);
  }
  return conv.forward({ ...layer, maps: x.maps, table }, { w: { data } }, x);
}

function curvature(layer, own, x, { hu }) {
  const { alpha, own: kernels } = mixed(layer, own, x.maps);
  const { hx, curvatures } = conv.curvature(layer, kernels, x, { hu });
  const area = layer.kernel[0] * layer.kernel[1];
  const hw = new Float64Array(own.w.data.length);
  for (let pair = 0; pair < alpha.length; pair += 1) {
    const c = pair % x.maps;
    for (let n = 0; n < area; n += 1) {
      hw[c * area + n] += alpha[pair] ** 2 * curvatures.w[pair * area + n];
    }
  }
  const choice = new Float64Array(alpha.length);
  const finds = found(layer, own, x);
  for (let m = 0; m < hu.maps; m += 1) {
    for (let place = 0; place < hu.height * hu.width; place += 1) {
      const h = hu.data[m * hu.height * hu.width + place];
      let mean = 0;
      for (let c = 0; c < x.maps; c += 1) {
        mean += alpha[m * x.maps + c] * finds.data[c * hu.height * hu.width + place];
      }
      for (let c = 0; c < x.maps; c += 1) {
        const away = finds.data[c * hu.height * hu.width + place] - mean;
        choice[m * x.maps + c] += h * (alpha[m * x.maps + c] * away) ** 2;
      }
    }
  }
  return { hx, curvatures: { w: hw, choice, b: curvatures.b } };
}

function asKernel(layer, index, channels) {
  const area = layer.kernel[0] * layer.kernel[1];
  return ((Math.floor(index / area) % channels) * area) + (index % area);
}

/** Say of each term through which kernel cell and which share it comes. */
function named(layer, terms, channels) {
  const area = layer.kernel[0] * layer.kernel[1];
  return terms.map((term) => ({
    ...term,
    at: { name: 'w', index: asKernel(layer, term.at.index, channels) },
    share: { name: 'choice', index: Math.floor(term.at.index / area) },
  }));
}

function forwardTerms(layer, own, x, cell) {
  const { terms, bias } = conv.forwardTerms(layer, mixed(layer, own, x.maps).own, x, cell);
  return { terms: named(layer, terms, x.maps), bias };
}

function backwardTerms(layer, own, x, du, cell) {
  const { terms } = conv.backwardTerms(layer, mixed(layer, own, x.maps).own, x, du, cell);
  return { terms: named(layer, terms, x.maps) };
}

function gradientTerms(layer, own, x, du, name, index) {
  if (name === 'b') return sumOfDeltas(du, index);
  const { alpha, own: kernels } = mixed(layer, own, x.maps);
  const area = layer.kernel[0] * layer.kernel[1];
  const terms = [];
  if (name === 'w') {
    const c = Math.floor(index / area);
    for (let m = 0; m < layer.maps; m += 1) {
      const at = (m * x.maps + c) * area + (index % area);
      for (const term of conv.gradientTerms(layer, kernels, x, du, 'w', at).terms) {
        terms.push({ ...term, weight: alpha[m * x.maps + c] * term.weight });
      }
    }
    return { terms };
  }
  // dchoice = sum_ij du * alpha * (what this kernel finds - what the mixture finds)
  const m = Math.floor(index / x.maps);
  const c = index % x.maps;
  const finds = found(layer, own, x);
  for (let i = 0; i < du.height; i += 1) {
    for (let j = 0; j < du.width; j += 1) {
      let mean = 0;
      for (let k = 0; k < x.maps; k += 1) mean += alpha[m * x.maps + k] * valueAt(finds, [k, i, j]);
      const weight = alpha[index] * (valueAt(finds, [c, i, j]) - mean);
      terms.push({ cell: [m, i, j], value: du.data[placeOf(du, [m, i, j])], weight });
    }
  }
  const slope = new Float64Array(alpha.length);
  addPenalty(layer, alpha, slope, x.maps);
  return { terms, bias: slope[index] ? { name: 'penalty', index, value: slope[index] } : null };
}

export const combine = {
  shape: conv.shape, parameters, forward, backward, curvature, penalty,
  forwardTerms, backwardTerms, gradientTerms,
};
