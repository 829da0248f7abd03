// Which formulas of the deck say how a cell came about, by the kind of layer: codes of the brief.

import { FORMULAS } from '../words/formulas.js';
import { el } from './dom.js';

const UP = {
  conv: ['D9'], combine: ['E2'], local: ['B2'], subsample: ['D14', 'C7'], pool: ['C6'], dense: ['D4'], rbf: ['C14'],
};
const DOWN = { conv: ['D15', 'D16'], combine: ['D15'], subsample: ['D10', 'D11'], dense: ['D6'] };
const GRADIENT = {
  conv: { w: ['D13'], b: ['D12'] },
  subsample: { w: ['E1'], b: ['E1'] },
  dense: { w: ['D8'], b: ['D5'] },
  combine: { w: ['D13'], b: ['D12'], choice: ['E2', 'E3'] },
  local: { w: ['D8'], b: ['D5'] },
};
const LOSSES = { squared_error: ['D1', 'D2', 'D3'] };

/** Name the formulas of what the panel shows. */
export function codesFor(found, seen) {
  const last = seen.layers[seen.layers.length - 1];
  if (found.direction === 'gradient') return GRADIENT[found.layer.type]?.[found.name] ?? [];
  if (found.direction === 'backward') {
    if (found.above) return DOWN[found.above.type] ?? [];
    return seen.loss === 'squared_error' && last ? ['D7'] : [];
  }
  if (!found.layer) return [];
  if (found.layer.type === 'conv' && found.layer.table) return ['D9', 'C9', 'C10'];
  // The count of parameters that C13 names is that of LeNet-5's F6.
  if (found.layer.type === 'dense' && found.layer.units === 84 && found.terms.length === 120) return ['D4', 'C13'];
  return UP[found.layer.type] ?? [];
}

/** Name the formulas of a loss. */
export function codesOfLoss(loss) {
  return LOSSES[loss] ?? [];
}

/** Give the formula of a code in a language, as an element; null where there is none. */
export function formulaOf(code, language) {
  const found = FORMULAS[code];
  if (!found) return null;
  const holder = document.createElement('div');
  holder.className = 'formula';
  // The text is ours, made from the catalogue of formulas, and the same in every page.
  holder.innerHTML = found[language] ?? found.en;
  holder.title = `${found.function}`;
  return holder;
}

/** Name the function that computes a formula, as 'conv.conv_forward'. */
export function functionOfCode(code) {
  return FORMULAS[code]?.function ?? '';
}

/** Show the name of a formula's function; a server has the file that it is in, a page in a folder has not. */
export function functionLink(name) {
  const shown = el('code', {}, `formulas.${name}`);
  if (document.getElementById('data')) return shown;
  return el('a', { href: `/formulas/${name.split('.')[0]}.py`, target: '_blank' }, shown);
}
