// Dropout: in training some units are set to 0. Here networks are seen in use, where it does nothing.
//
//   u = x      dx = du
//
// Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014.

import { valueAt } from './maps.js';

const copied = (x) => ({ ...x, data: Float64Array.from(x.data) });

const forward = (layer, own, x) => copied(x);

const backward = (layer, own, x, du) => ({ dx: copied(du), gradients: {} });

const curvature = (layer, own, x, { hu }) => ({ hx: copied(hu), curvatures: {} });

const one = (values, cell) => ({ terms: [{ cell, value: valueAt(values, cell), weight: 1 }] });

const forwardTerms = (layer, own, x, cell) => one(x, cell);

const backwardTerms = (layer, own, x, du, cell) => one(du, cell);

export const dropout = {
  shape: (layer, below) => below, parameters: () => ({}), forward, backward, curvature, forwardTerms, backwardTerms,
};
