// Global pooling: each map replaced by its mean, or by its largest value. Nothing to learn.
//
//   u[c] = mean, or max, over i, j of x[c,i,j]
//
// It is pooling in one window, as large as the map.
//
// Source: Lin, Chen, Yan 2013, Network in network, 3.2 (the mean).

import { pool } from './pool.js';

/** Give the pooling layer that does the same on maps like x. */
const whole = (layer, x) => ({ kind: layer.kind, window: [x.height, x.width] });

export const globalPool = {
  shape: (layer, [maps]) => [maps, 1, 1],
  parameters: () => ({}),
  forward: (layer, own, x) => pool.forward(whole(layer, x), own, x),
  backward: (layer, own, x, du) => pool.backward(whole(layer, x), own, x, du),
  curvature: (layer, own, x, bent) => pool.curvature(whole(layer, x), own, x, bent),
  forwardTerms: (layer, own, x, at) => pool.forwardTerms(whole(layer, x), own, x, at),
  backwardTerms: (layer, own, x, du, at) => pool.backwardTerms(whole(layer, x), own, x, du, at),
};
