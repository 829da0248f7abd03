// The terms of a sum as pictures: those that come from one map stand together as a patch, with the
// weights beside it and the products after it.

import { grid } from './paint.js';

/** Gather terms by the map they come from; each group has its patch, its sum, its place. */
export function groupsOf(terms) {
  const found = new Map();
  terms.forEach((term, n) => {
    const map = term.cell[0];
    if (!found.has(map)) found.set(map, { map, terms: [], places: [], sum: 0 });
    const group = found.get(map);
    group.terms.push(term);
    group.places.push(n);
    group.sum += term.weight * term.value;
  });
  const groups = [...found.values()];
  if (groups.length > 12 && groups.every(({ terms: own }) => own.length === 1)) return [together(terms, groups)];
  return groups.map((group) => ({ ...group, ...patchOf(group.terms.map(({ cell }) => [cell[1], cell[2]])) }));
}

/** Put terms of one cell each, as of a full connection, into one picture. */
function together(terms, groups) {
  const columns = terms.length === 84 ? 7 : Math.ceil(Math.sqrt(terms.length * 1.3));
  return {
    map: null, terms, places: terms.map((_, n) => n), sum: groups.reduce((a, { sum }) => a + sum, 0),
    tiles: grid(1, Math.ceil(terms.length / columns), columns, 1, 0), at: terms.map((_, n) => n),
  };
}

function patchOf(cells) {
  const rows = cells.map(([row]) => row);
  const columns = cells.map(([, column]) => column);
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  const width = Math.max(...columns) - left + 1;
  return {
    tiles: grid(1, Math.max(...rows) - top + 1, width, 1, 0),
    at: cells.map(([row, column]) => (row - top) * width + (column - left)),
  };
}

/** Spread one number of each term over the group's patch. */
export function spread({ terms, tiles, at }, numberOf) {
  const data = new Float64Array(tiles.height * tiles.width);
  terms.forEach((term, n) => { data[at[n]] = numberOf(term); });
  return data;
}

/** Give the places of the terms that count most. */
export function largest(terms, count) {
  return terms.map((term, n) => [Math.abs(term.weight * term.value), n])
    .sort((a, b) => b[0] - a[0]).slice(0, count).map(([, n]) => n).sort((a, b) => a - b);
}
