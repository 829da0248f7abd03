// Squashing functions x = f(u) and their slopes f'(u).
//
// Source: LeCun et al. 1998, II.B and appendix A.   Brief: C8, F

import { like } from './maps.js';

const AMPLITUDE = 1.7159;
const STEEPNESS = 2 / 3;

function sigmoid(u) {
  const small = Math.exp(-Math.abs(u));
  return u >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/** Each function of one cell: its value from u, and its slope from u and x = f(u). */
const FUNCTIONS = {
  identity: { value: (u) => u, slope: () => 1 },
  sigmoid: { value: sigmoid, slope: (u, x) => x * (1 - x) },
  tanh: { value: Math.tanh, slope: (u, x) => 1 - x * x },
  scaled_tanh: {
    value: (u) => AMPLITUDE * Math.tanh(STEEPNESS * u),
    slope: (u, x) => STEEPNESS * (AMPLITUDE - (x * x) / AMPLITUDE),
  },
  relu: { value: (u) => Math.max(u, 0), slope: (u) => (u > 0 ? 1 : 0) },
  softplus: { value: (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))), slope: sigmoid },
};

/** Those with a parameter a, which stands in the name as in elu(0.5), and its usual value. */
const FAMILIES = {
  leaky_relu: {
    usual: 0.01,
    of: (a) => ({ value: (u) => (u > 0 ? u : a * u), slope: (u) => (u > 0 ? 1 : a) }),
  },
  elu: {
    usual: 1,
    of: (a) => ({
      value: (u) => (u > 0 ? u : a * Math.expm1(u)),
      slope: (u) => (u > 0 ? 1 : a * Math.exp(u)),
    }),
  },
};

/** Say how a squashing function works on one cell; softmax is none of one cell. */
export function functionOf(name) {
  const [, family, told] = /^(\w+)(?:\(([^()]+)\))?$/.exec(name) || [];
  const parameter = told === undefined ? FAMILIES[family]?.usual : Number(told);
  if (FAMILIES[family] && Number.isFinite(parameter)) return FAMILIES[family].of(parameter);
  const found = FUNCTIONS[name];
  if (!found) throw new Error(`there is no squashing function of one cell called ${name}`);
  return found;
}

/** Turn scores into shares that sum to 1: e^u_k / sum_i e^u_i. */
export function softmax(scores) {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(scores, (u) => Math.exp(u - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Give x = f(u) of every cell. */
export function squash(name, u) {
  const x = like(u);
  if (name === 'softmax') {
    x.data.set(softmax(u.data));
    return x;
  }
  const { value } = functionOf(name);
  for (let n = 0; n < x.data.length; n += 1) x.data[n] = value(u.data[n]);
  return x;
}

/** Give f'(u) of every cell. */
export function slopes(name, u, x) {
  const found = like(u);
  const { slope } = functionOf(name);
  for (let n = 0; n < found.data.length; n += 1) found.data[n] = slope(u.data[n], x.data[n]);
  return found;
}
