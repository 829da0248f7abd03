// Learning in the page itself: one picture after another, by the formulas, in small portions so
// that the page stays alive. Snapshots are kept, to go back to and on from.

import { trace } from '../formulas/net.js';
import { moved } from '../formulas/updates.js';
import { inputOf } from './model.js';
import { updateOf } from './scene.js';

const KEPT = 200;
const BETWEEN = 25;
const LOSSES = 50;
const ANSWERS = 100;
const LARGEST = 3.4028235e38;

/** Make a learner of a model; it is told to `advance` again and again. */
export function makeLearner(model, parameters, name) {
  const order = shuffled(model.samples.length, 7);
  const learner = {
    name, seen: 0, parameters, memory: {}, losses: [], answers: [], curve: [], snapshots: [{ seen: 0, parameters, memory: {} }], bad: '',
  };

  /** Learn for so many milliseconds. */
  learner.advance = (milliseconds, loss, rule, rate) => {
    const end = performance.now() + milliseconds;
    const update = updateOf(rule === 'sdlm' ? 'sgd' : rule, rate);
    do {
      const sample = model.samples[order[learner.seen % order.length]];
      const found = trace(model.network, learner.parameters, inputOf(model, sample.pixels), sample.label, loss);
      if (!Number.isFinite(found.value)) return fail(found);
      const { parameters: next, ...memory } = moved(learner.parameters, found.gradients, update, learner.memory);
      const lost = Object.keys(next).find((key) => !sound(next[key].data));
      if (lost) return fail(found, lost.split('.')[0]);
      Object.assign(learner, { parameters: next, memory, seen: learner.seen + 1 });
      note(found, sample.label);
    } while (performance.now() < end);
    return true;
  };

  /** Go back to a snapshot; what came after it is forgotten. */
  learner.back = (place) => {
    const { snapshots } = learner;
    const at = snapshots[place];
    learner.snapshots = snapshots.slice(0, place + 1);
    learner.curve = learner.curve.filter(([seen]) => seen <= at.seen);
    Object.assign(learner, { seen: at.seen, parameters: at.parameters, memory: at.memory, losses: [], answers: [] });
  };

  const note = (found, label) => {
    learner.losses = [...learner.losses.slice(1 - LOSSES), found.value];
    learner.answers = [...learner.answers.slice(1 - ANSWERS), Number(bestOf(found) !== label)];
    if (learner.seen % BETWEEN) return;
    learner.curve.push([learner.seen, mean(learner.losses)]);
    learner.snapshots.push({ seen: learner.seen, parameters: learner.parameters, memory: learner.memory });
    if (learner.snapshots.length > KEPT) learner.snapshots = thinned(learner.snapshots);
  };

  const fail = (found, lost = '') => {
    const first = found.layers.find(({ u }) => u.data.some((value) => !Number.isFinite(value)));
    learner.back(learner.snapshots.length - 1);
    learner.bad = lost || (first ?? found.layers[found.layers.length - 1]).layer.name;
    return false;
  };
  return learner;
}

/** Say whether all weights are numbers that float32 can hold, as the engine's are. */
function sound(data) {
  for (let n = 0; n < data.length; n += 1) if (!(Math.abs(data[n]) < LARGEST)) return false;
  return true;
}

/** Keep every second snapshot, and the last. */
function thinned(snapshots) {
  return snapshots.filter((_, n) => n % 2 === 0 || n === snapshots.length - 1);
}

function bestOf({ layers }) {
  const { layer, x } = layers[layers.length - 1];
  const sign = layer.type === 'rbf' ? -1 : 1;
  return x.data.reduce((best, value, k) => (sign * value > sign * x.data[best] ? k : best), 0);
}

export function mean(values) {
  return values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
}

/** Draw numbers 0 to 1; the same seed draws the same. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function shuffled(count, seed) {
  const random = randomOf(seed);
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}

/** Draw first weights evenly in ±2.4 / F, F the number of inputs of a unit, as the paper does. */
export function freshWeights(model, seed = 1) {
  const random = randomOf(seed);
  const fresh = {};
  for (const [name, { shape, data }] of Object.entries(model.parameters)) {
    const layer = model.network.layers.find((one) => name.startsWith(`${one.name}.`));
    const inputs = layer.type === 'subsample' ? 4 : shape.slice(1).reduce((a, b) => a * b, 1);
    const kept = layer.type === 'batch_norm' || name.endsWith('.b');
    const limit = 2.4 / inputs;
    fresh[name] = { shape, data: kept ? firstOf(layer, name, data) : data.map(() => limit * (2 * random() - 1)) };
  }
  return fresh;
}

function firstOf(layer, name, data) {
  const one = layer.type === 'batch_norm' && (name.endsWith('.w') || name.endsWith('.variance'));
  return data.map(() => (one ? 1 : 0));
}
