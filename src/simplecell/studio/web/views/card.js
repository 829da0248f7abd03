// One layer on the screen: its maps on the way up, their sensitivities on the way down, or its
// weights and how one step would change them. A cell is a pixel of a canvas, which the style enlarges.

import { el, svg } from './dom.js';
import { cellUnder, cornerOf, grid, paint, paintColour, reachOf, tiling } from './paint.js';
import { ringPath } from './reach.js';

/** Make a canvas with rings above it; `point` hears of cells pointed at, `pick` of cells clicked. */
export function sheet(name, point, pick) {
  const canvas = el('canvas', { class: 'cells' });
  const rings = svg('path', { class: 'ring' });
  const mark = svg('path', { class: 'mark' });
  const overlay = svg('svg', { class: 'rings', 'aria-hidden': 'true' }, rings, mark);
  const root = el('div', { class: `sheet ${name}` }, canvas, overlay);
  const made = { root, canvas, tiles: null, zoom: 1 };
  const cellOf = (event) => {
    const box = canvas.getBoundingClientRect();
    const y = Math.floor(((event.clientY - box.top) / box.height) * made.tiles.down);
    const x = Math.floor(((event.clientX - box.left) / box.width) * made.tiles.across);
    return cellUnder(made.tiles, y, x);
  };
  root.addEventListener('pointermove', (event) => point(cellOf(event), event));
  root.addEventListener('pointerleave', () => point(null));
  root.addEventListener('click', (event) => {
    const cell = cellOf(event);
    if (cell) pick(cell);
  });
  const trace = (path, box) => {
    const d = box ? ringPath(box, made.tiles, cornerOf) : '';
    if (d !== path.d_) path.setAttribute('d', d);
    path.d_ = d;
  };
  made.ring = (box) => trace(rings, box);
  made.mark = (cell) => trace(mark, cell && { maps: [cell[0]], top: cell[1], bottom: cell[1], left: cell[2], right: cell[2] });
  made.lay = (tiles, width, most = 16) => {
    made.tiles = tiles;
    const fit = width / tiles.across;
    made.zoom = fit >= 1 ? Math.min(most, Math.floor(fit)) : fit;
    canvas.style.width = `${tiles.across * made.zoom}px`;
    canvas.style.height = `${tiles.down * made.zoom}px`;
    canvas.classList.toggle('fine', made.zoom < 1);
    overlay.setAttribute('viewBox', `0 0 ${tiles.across} ${tiles.down}`);
  };
  return made;
}

/** Say how the maps of a layer are laid out; features that are compared with codes, as the codes. */
export function tilesOf({ maps, height, width }, codes) {
  if (codes && maps === codes[0] * codes[1] && height * width === 1) return grid(maps, 1, 1, codes[1], 0);
  return tiling(maps, height, width);
}

/** Say how an array of weights is laid out: kernels side by side, a matrix as a matrix. */
export function weightTiles(shape) {
  if (shape.length >= 3) {
    const [height, width] = shape.slice(-2);
    const kernels = shape.slice(0, -2).reduce((a, b) => a * b, 1);
    const second = shape.length === 4 ? shape[1] : 1;
    const square = Math.ceil(Math.sqrt(kernels));
    const columns = second > 1 && kernels / second <= 40 ? second : Math.min(kernels, square);
    return grid(kernels, height, width, columns, 1);
  }
  if (shape.length === 2) return grid(1, shape[0], shape[1], 1, 0);
  return grid(shape[0], 1, 1, Math.min(shape[0], 24), 0);
}

/** Paint what the network reads: grey as ink, three maps as colours. */
export function paintInput(made, model, { data }) {
  const [maps, height, width] = model.network.input;
  const { scale, shift } = model.normalisation;
  const values = data.map((value) => (value - shift) / scale);
  if (maps === 3) paintColour(made.canvas, height, width, values);
  else paint(made.canvas, made.tiles, values, 255, 'ink');
}

/** Paint maps, or weights, on one scale. */
export function paintSigned(made, data) {
  const reach = reachOf(data);
  paint(made.canvas, made.tiles, data, reach);
  return reach;
}
