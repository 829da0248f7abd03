// The opened map as a grid that a keyboard moves in: one cell of it can be reached by Tab, and the
// arrows go on from there. What stands in the cell is said aloud.

import { cellAt, placeOf, valueAt } from '../formulas/maps.js';
import { cellName } from '../state/state.js';
import { el, fill } from './dom.js';
import { num } from './number.js';
import { grid, paint, reachOf } from './paint.js';

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Make the grid of the opened map. */
export function mapGrid(app) {
  const canvas = el('canvas', { class: 'cells', 'aria-hidden': 'true' });
  const cells = el('div', { class: 'grid', role: 'grid' });
  const said = el('p', { class: 'said', 'aria-live': 'polite' });
  const root = el('div', { class: 'map-grid' }, el('div', { class: 'stack' }, canvas, cells), said);
  let of = '';

  const show = (found, scene, state) => {
    const { maps, cell: [map] } = found;
    const area = maps.height * maps.width;
    const backward = found.direction === 'backward';
    const layer = found.n < 0 ? null : scene.seen.layers[found.n];
    const values = backward ? (layer?.du ?? scene.seen.dx) : layer.x;
    const data = values.data.subarray(map * area, (map + 1) * area);
    paint(canvas, grid(1, maps.height, maps.width, 1, 0), data, reachOf(values.data));
    const name = `${found.name}.${map}.${maps.height}x${maps.width}`;
    const focused = cells.contains(document.activeElement);
    if (of !== name) build(found, maps, name);
    const here = placeOf(maps, found.cell) - map * area;
    for (const one of cells.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    const current = cells.querySelectorAll('[role=gridcell]')[here];
    current.tabIndex = 0;
    if (focused) queueMicrotask(() => current.focus({ preventScroll: true }));
    cells.setAttribute('aria-label', `${found.name}, ${app.words.map} ${map}`);
    said.textContent = spoken(found, scene, app.words, state);
    return root;
  };

  const build = (found, maps, name) => {
    of = name;
    const [map] = found.cell;
    cells.style.gridTemplateColumns = `repeat(${maps.width}, 1fr)`;
    const size = Math.max(7, Math.min(22, Math.floor(300 / maps.width)));
    canvas.style.width = `${size * maps.width}px`;
    canvas.style.height = `${size * maps.height}px`;
    const rows = Array.from({ length: maps.height }, (_, row) => el('div', { role: 'row' }, Array.from({ length: maps.width }, (__, column) => el('span', {
      role: 'gridcell', tabIndex: -1, 'aria-label': `${row}, ${column}`,
      onclick: () => app.set({ cell: cellName(found.name, [map, row, column]) }),
      onkeydown: (event) => moved(event, found.name, maps, [map, row, column]),
    }))));
    fill(cells, rows);
  };

  const moved = (event, name, maps, [map, row, column]) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = [map, Math.min(maps.height - 1, Math.max(0, row + step[0])), Math.min(maps.width - 1, Math.max(0, column + step[1]))];
    app.set({ cell: cellName(name, next) });
  };
  return { root, show };
}

/** Say cell, value and δ in words. */
function spoken(found, { seen }, words) {
  const layer = found.n < 0 ? null : seen.layers[found.n];
  const x = layer ? layer.x : seen.input;
  const du = layer ? layer.du : seen.dx;
  const [, row, column] = cellAt(x, placeOf(x, found.cell));
  return `${words.row_of} ${row}, ${words.column} ${column}: x = ${num(valueAt(x, found.cell))}, ${layer ? 'δ' : '∂E/∂x'} = ${num(valueAt(du, found.cell))}`;
}
