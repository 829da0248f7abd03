// What is computed of a state: the weights after all acts, and the example traced through them.
// Each is kept, so that a hover costs nothing and an undo is found again.

import { curvature, step, trace } from '../formulas/net.js';
import { zeros } from '../formulas/maps.js';
import { nibblesOf } from './packed.js';
import { inputOf } from './model.js';
import { actsOf } from './state.js';

const KEPT = 200;

/** Remember the results of the last calls, by a text that says what was asked. */
function remembering(make, most) {
  const found = new Map();
  return (key, ...rest) => {
    if (found.has(key)) return found.get(key);
    const made = make(...rest);
    found.set(key, made);
    if (found.size > most) found.delete(found.keys().next().value);
    return made;
  };
}

/** Make what computes scenes of one model. */
export function sceneMaker(model) {
  const walked = remembering(
    (parameters, input, label, loss) => trace(model.network, parameters, input, label, loss), 12,
  );
  const after = remembering((before, act, given) => moved(model, before, act, given), KEPT);
  const bent = remembering(
    (parameters, input, label, loss) => curvature(model.network, parameters, input, label, loss), 4,
  );

  /** Give the scene of a state: { seen, parameters, input, label, steps, ghosts }. */
  return (state, base = { version: '0', parameters: model.parameters }) => {
    const loss = model.losses.includes(state.loss) ? state.loss : model.loss;
    const pixels = pixelsOf(model, state.picture);
    const label = labelOf(model, state);
    let at = { parameters: base.parameters, input: inputOf(model, pixels), steps: [], slots: {} };
    let key = `${base.version}|${state.picture}|${label}|${loss}`;
    for (const act of actsOf(state)) {
      const given = { label, loss };
      const before = at;
      key += `,${act.join(':')}`;
      at = after(key, before, act, given);
    }
    const seen = walked(key, at.parameters, at.input, label, loss);
    return {
      model, seen, key, loss, label, pixels, parameters: at.parameters, input: at.input, steps: at.steps,
      before: base.parameters,
      curvature: () => bent(key, at.parameters, at.input, label, loss),
    };
  };
}

/** Do one act: set a weight or a pixel, or take one step. */
function moved(model, before, [kind, ...words], { label, loss }) {
  if (kind === 'w') {
    const [name, index, value] = words;
    if (!before.parameters[name] || !Number.isFinite(Number(value))) return before;
    const own = before.parameters[name];
    const data = own.data.slice();
    data[Number(index)] = Number(value);
    return { ...before, parameters: { ...before.parameters, [name]: { ...own, data } } };
  }
  if (kind === 'p') {
    const input = { ...before.input, data: before.input.data.slice() };
    input.data[Number(words[0])] = Number(words[1]);
    return { ...before, input };
  }
  const [rule, rate] = words;
  const seen = trace(model.network, before.parameters, before.input, label, loss);
  const told = updateOf(rule, Number(rate));
  const slots = { ...before.slots };
  if (rule === 'sdlm') {
    slots.h = curvature(model.network, before.parameters, before.input, label, loss);
  }
  const taken = step(seen, told, { slots, steps: before.steps.length });
  const row = { rule, rate, before: taken.before, after: taken.after, predicted: taken.predicted };
  return { ...before, parameters: taken.parameters, slots: taken.slots, steps: [...before.steps, row] };
}

/** Say how a rule moves weights: the rule's own settings. */
export function updateOf(rule, rate) {
  return { rule, rate, momentum: rule === 'adam' ? 0.9 : 0 };
}

/** Give the pixels of a picture by its name: a sample's number, or what was drawn, or nothing. */
export function pixelsOf(model, name) {
  const [maps, height, width] = model.network.input;
  const count = maps * height * width;
  if (name.startsWith('d') && maps === 1) return framed(model, nibblesOf(name.slice(1), 784));
  if (name.startsWith('o')) return opened.get(name) ?? new Uint8Array(count);
  const sample = model.samples[Number(name)];
  return sample ? sample.pixels : new Uint8Array(count);
}

/** Pictures that were opened on this page; they are too large for an address. */
export const opened = new Map();

/** Put a frame of 28 x 28, in 16 shades, into the middle of what the network reads. */
function framed(model, shades) {
  const [, height, width] = model.network.input;
  const pixels = new Uint8Array(height * width);
  const top = Math.floor((height - 28) / 2);
  const left = Math.floor((width - 28) / 2);
  shades.forEach((shade, n) => {
    const row = top + Math.floor(n / 28);
    const column = left + (n % 28);
    if (row >= 0 && row < height && column >= 0 && column < width) pixels[row * width + column] = 17 * shade;
  });
  return pixels;
}

/** Give the class that a picture is held to be: what was chosen, or the sample's own, or the answer. */
function labelOf(model, state) {
  const count = model.classes.length;
  const chosen = Number(state.label);
  if (state.label !== '' && chosen >= 0 && chosen < count) return chosen;
  return model.samples[Number(state.picture)]?.label ?? 0;
}

/** Give maps of nothing in the shape of the input. */
export function blank(model) {
  return zeros(...model.network.input);
}
