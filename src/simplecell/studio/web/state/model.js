// A model as the page has it: its document with the numbers unpacked, and the pictures it came with.

import { shaped } from '../formulas/maps.js';
import { bytesOf, floatsOf } from './packed.js';

/** Unpack the document of a model; `extra` has what is added to it. */
export function modelOf(document, id) {
  const parameters = {};
  for (const [name, { shape, data }] of Object.entries(document.parameters)) {
    parameters[name] = { shape, data: floatsOf(data) };
  }
  return { ...document, id, parameters, samples: samplesOf(document.samples) };
}

/** Unpack pictures: each its pixels, 0 to 255, and its label. */
export function samplesOf(packed) {
  if (!packed) return [];
  const bytes = bytesOf(packed.pixels);
  const size = packed.shape.slice(1).reduce((a, b) => a * b, 1);
  return packed.labels.map((label, n) => ({ label, pixels: bytes.subarray(n * size, (n + 1) * size) }));
}

/** Give the maps that the network reads for pixels of 0 to 255: x = scale * pixel + shift. */
export function inputOf(model, pixels) {
  const { scale, shift } = model.normalisation;
  return shaped(model.network.input, Float64Array.from(pixels, (pixel) => scale * pixel + shift));
}

/** Count rows and columns of a code of the output's radial basis functions, where there are any. */
export function codeGrid(model) {
  const last = model.network.layers[model.network.layers.length - 1];
  if (last.type !== 'rbf') return null;
  const length = last.codes[0].length;
  return length === 84 ? [12, 7] : null;
}
