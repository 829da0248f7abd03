// A formula of the deck, as it is written there, with the function that computes it.

import { formulaOf, functionLink, functionOfCode } from './codes.js';
import { el } from './dom.js';

/** Show a formula by its code; null where the catalogue has none. */
export function codeBlockOf(code, language) {
  const formula = formulaOf(code, language);
  const name = functionOfCode(code);
  if (!formula) return null;
  return el('figure', { class: 'law' }, formula, el('figcaption', {}, code, name ? [' · ', functionLink(name)] : null));
}
