// Every kind of layer, by the name that a network's description gives it.

import { combine } from './combine.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import { local } from './local.js';
import { pool } from './pool.js';
import { rbf } from './rbf.js';
import { subsample } from './subsample.js';

export const LAYERS = { combine, conv, dense, local, pool, rbf, subsample };

/** Give the formulas of a layer, by its type. */
export function formulasOf(layer) {
  const found = LAYERS[layer.type];
  if (!found) throw new Error(`there are no formulas for a layer of the type ${layer.type}`);
  return found;
}
