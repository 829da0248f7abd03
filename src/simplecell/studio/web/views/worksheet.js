// A worksheet: the formula of the open cell with blanks where its numbers stood, and the key on a
// second page. The browser prints it.

import { el, fill } from './dom.js';
import { num } from './number.js';
import { formulaOf, codesFor } from './codes.js';

const MOST = 30;

/** Put the sheet and its key where the printer finds them, and print. */
export function printSheet(app, scene, found) {
  const sheet = document.getElementById('worksheet');
  fill(sheet, page(app, scene, found, false), page(app, scene, found, true));
  window.print();
}

/** Write one page: with blanks, or with the numbers. */
export function page(app, { seen }, found, solved) {
  const { words } = app;
  const blank = (value) => el('td', {}, solved ? num(value, 4) : '');
  const rows = found.terms.slice(0, MOST).map((term) => el('tr', {}, el('td', {}, term.cell.join(', ')),
    el('td', {}, num(term.value, 4)), el('td', {}, num(term.weight, 4)), blank(term.weight * term.value)));
  const rest = found.terms.slice(MOST).reduce((sum, term) => sum + term.weight * term.value, 0);
  const last = [
    found.terms.length > MOST ? [words.other_terms, rest, true] : null,
    found.factor ? [words.factor, found.factor.value, true] : null,
    found.bias ? [words.bias, found.bias.value, true] : null,
    [words.sum, found.sum ?? found.value, solved],
    'slope' in found && found.layer ? ['f′(u)', found.slope, solved] : null,
    [words.result, found.value, solved],
  ].filter(Boolean);
  return el(
    'section', { class: 'paper' }, el('h1', {}, solved ? words.key : words.worksheet), el('p', {}, nameOf(found)),
    codesFor(found, seen).map((code) => formulaOf(code, app.language)),
    el('table', {}, el('thead', {}, el('tr', {}, [words.cell, words.value, words.weights, words.products].map((text) => el('th', {}, text)))), el('tbody', {}, rows)),
    el('table', {}, el('tbody', {}, last.map(([text, value, told]) => el('tr', {}, el('th', { scope: 'row' }, text), el('td', {}, told ? num(value, 4) : ''))))),
  );
}

function nameOf(found) {
  return found.direction === 'gradient' ? `∂E/∂${found.name}[${found.index}] · ${found.of}` : `${found.direction === 'backward' ? 'δ' : 'x'} · ${found.name} [${found.cell.join(', ')}]`;
}
