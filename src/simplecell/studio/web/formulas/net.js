// A network walked through the formulas, layer by layer, for one example.
//
//   forward     x = f(u),  u = what the layer makes of the x below           D4, D9, D14
//   at the top  du = dE/du, from the loss                                    D7
//   backward    du below = f'(u below) * what the layer carries back         D6, D10, D15
//   meanwhile   dw, db = what the layer gathers from du                      D5, D8, D12, D13, E1
//
// Source: Bouvrie 2006, 2 and 3.

import { formulasOf } from './layers.js';
import { lossOf, topCurvature } from './losses.js';
import { times } from './maps.js';
import { slopes, squash } from './squash.js';
import { moved } from './updates.js';

/** List the shape [maps, height, width] of the input and of every layer. */
export function shapesOf(network) {
  const shapes = [network.input];
  for (const layer of network.layers) {
    shapes.push(formulasOf(layer).shape(layer, shapes[shapes.length - 1]));
  }
  return shapes;
}

/** Give the shape of every parameter by its name, as `C1.w`. */
export function parameterShapes(network) {
  const shapes = shapesOf(network);
  const found = {};
  network.layers.forEach((layer, n) => {
    const own = formulasOf(layer).parameters(layer, shapes[n]);
    for (const [name, shape] of Object.entries(own)) found[`${layer.name}.${name}`] = shape;
  });
  return found;
}

/** Pick a layer's own parameters: { w, b, ... }. */
export function ownOf(layer, parameters) {
  const own = {};
  const prefix = `${layer.name}.`;
  for (const [name, values] of Object.entries(parameters)) {
    if (name.startsWith(prefix)) own[name.slice(prefix.length)] = values;
  }
  return own;
}

/** Run x up through all layers; give for each what it read, summed and handed on. */
export function forward(network, parameters, input) {
  const steps = [];
  let below = input;
  for (const layer of network.layers) {
    const own = ownOf(layer, parameters);
    const u = formulasOf(layer).forward(layer, own, below);
    const x = squash(layer.squash, u);
    steps.push({ layer, own, below, u, x });
    below = x;
  }
  return steps;
}

/** Add up what layers add to the loss by themselves, as the entropy of shares. */
function penaltyOf(steps) {
  return steps.reduce((sum, { layer, own }) => {
    const { penalty } = formulasOf(layer);
    return penalty ? sum + penalty(layer, own) : sum;
  }, 0);
}

/** Carry the loss of one example down again: every du, and the gradient of every parameter. */
export function trace(network, parameters, input, label, loss) {
  const steps = forward(network, parameters, input);
  const top = lossOf(loss, steps[steps.length - 1], label);
  let { du } = top;
  const gradients = {};
  const layers = new Array(steps.length);
  let dx = null;
  for (let n = steps.length - 1; n >= 0; n -= 1) {
    const step = steps[n];
    const back = formulasOf(step.layer).backward(step.layer, step.own, step.below, du);
    layers[n] = { ...step, du, dx: back.dx };
    for (const [name, values] of Object.entries(back.gradients)) {
      gradients[`${step.layer.name}.${name}`] = values;
    }
    dx = back.dx;
    if (n > 0) {
      const lower = steps[n - 1];
      du = times(slopes(lower.layer.squash, lower.u, lower.x), dx);
    }
  }
  const value = top.value + penaltyOf(steps);
  return { network, parameters, input, label, loss, value, top, layers, gradients, dx };
}

/** Carry the curvature of the loss down: d2E/dw2 of every parameter, never negative. */
export function curvature(network, parameters, input, label, loss) {
  const steps = forward(network, parameters, input);
  let { du, hu } = topCurvature(loss, steps[steps.length - 1], label);
  const found = {};
  for (let n = steps.length - 1; n >= 0; n -= 1) {
    const { layer, own, below } = steps[n];
    const down = formulasOf(layer).curvature(layer, own, below, { du, hu });
    for (const [name, values] of Object.entries(down.curvatures)) {
      found[`${layer.name}.${name}`] = values;
    }
    if (n > 0) {
      const lower = steps[n - 1];
      const steepness = slopes(lower.layer.squash, lower.u, lower.x);
      hu = times(times(steepness, steepness), down.hx);
    }
  }
  return found;
}

/** Take one step, and say what it did: the loss before and after, and what was predicted. */
export function step(seen, update, memory) {
  const { network, parameters, input, label, loss } = seen;
  const after = moved(parameters, seen.gradients, update, memory);
  const again = trace(network, after.parameters, input, label, loss);
  let predicted = 0;
  for (const [name, { data }] of Object.entries(parameters)) {
    if (!seen.gradients[name]) continue; // kept, not learned
    const next = after.parameters[name].data;
    for (let n = 0; n < data.length; n += 1) predicted += seen.gradients[name][n] * (next[n] - data[n]);
  }
  return { ...after, before: seen.value, after: again.value, predicted, again };
}

/** Give the class that wins: of distances the smallest, else the largest output. */
export function answerOf(steps) {
  const { layer, x } = steps[steps.length - 1];
  const sign = layer.type === 'rbf' ? -1 : 1;
  let best = 0;
  x.data.forEach((value, k) => { if (sign * value > sign * x.data[best]) best = k; });
  return best;
}
