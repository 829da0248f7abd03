// What follows from a model: how its pixels are read, how its features are laid out.

import { shaped } from '../formulas/maps.js';

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
