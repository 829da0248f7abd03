// Every kind of layer, by the name that a network's description gives it.

import { batchNorm } from './batch_norm.js';
import { combine } from './combine.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { globalPool } from './global_pool.js';
import { local } from './local.js';
import { pool } from './pool.js';
import { rbf } from './rbf.js';
import { subsample } from './subsample.js';

export const LAYERS = {
  batch_norm: batchNorm, combine, conv, dense, dropout, global_pool: globalPool, local, pool, rbf,
  subsample,
};

/** Give the formulas of a layer, by its type. */
export function formulasOf(layer) {
  const found = LAYERS[layer.type];
  if (!found) throw new Error(`there are no formulas for a layer of the type ${layer.type}`);
  return found;
}
