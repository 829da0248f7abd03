// What a cell reads, down to the pixels, and what reads it, up to the answer: for each layer a box
// of rows and columns, and the maps in which it lies.

import { formulasOf } from '../formulas/layers.js';

/** Say whether every map of a layer reads the same maps below. */
function readsAlike({ type, table }) {
  return ['dense', 'rbf', 'local', 'combine'].includes(type) || (type === 'conv' && !table);
}

/** Give the box of one cell. */
function boxOf([map, row, column]) {
  return { maps: new Set([map]), top: row, bottom: row, left: column, right: column };
}

function widened(box, cells, shape) {
  let found = box;
  for (const [map, row, column] of cells) {
    if (row < 0 || column < 0 || row >= shape.height || column >= shape.width) continue;
    found ??= boxOf([map, row, column]);
    found.maps.add(map);
    found.top = Math.min(found.top, row);
    found.bottom = Math.max(found.bottom, row);
    found.left = Math.min(found.left, column);
    found.right = Math.max(found.right, column);
  }
  return found;
}

/** List the corners of a box, in each of some maps. */
function corners({ top, bottom, left, right }, maps) {
  const found = [];
  for (const map of maps) {
    found.push([map, top, left]);
    if (bottom > top || right > left) found.push([map, bottom, right]);
  }
  return found;
}

/** Give the box that every layer below has in a cell of layer n: by its number, -1 for the input. */
export function below(seen, n, cell) {
  const found = new Map();
  let box = boxOf(cell);
  for (let at = n; at >= 0 && box; at -= 1) {
    const { layer, own, below: x } = seen.layers[at];
    const maps = readsAlike(layer) ? [[...box.maps][0]] : [...box.maps];
    let wider = null;
    for (const corner of corners(box, maps)) {
      const { terms } = formulasOf(layer).forwardTerms(layer, own, x, corner);
      wider = widened(wider, terms.map((term) => term.cell), x);
    }
    box = wider;
    if (box) found.set(at - 1, box);
  }
  return found;
}

/** Give the box that reads a cell of layer n, in every layer above it. */
export function above(seen, n, cell) {
  const found = new Map();
  let box = boxOf(cell);
  for (let at = n + 1; at < seen.layers.length && box; at += 1) {
    const { layer, own, below: x, du } = seen.layers[at];
    const maps = layer.type === 'dense' || layer.type === 'rbf' ? [[...box.maps][0]] : [...box.maps];
    let wider = null;
    for (const corner of corners(box, maps)) {
      const { terms } = formulasOf(layer).backwardTerms(layer, own, x, du, corner);
      wider = widened(wider, terms.map((term) => term.cell), du);
    }
    box = wider;
    if (box) found.set(at, box);
  }
  return found;
}

/** Write boxes as the path of rings around them, in cells of the canvas. */
export function ringPath(box, tiles, cornerOf) {
  let path = '';
  const all = [...box.maps].length === tiles.maps && box.bottom - box.top + 1 === tiles.height
    && box.right - box.left + 1 === tiles.width;
  // All of a layer is one ring and not a fence around every cell.
  if (all && tiles.maps > 1) return `M0 0h${tiles.across}v${tiles.down}h${-tiles.across}z`;
  for (const map of box.maps) {
    const [top, left] = cornerOf(tiles, map);
    const width = box.right - box.left + 1;
    path += `M${left + box.left} ${top + box.top}h${width}v${box.bottom - box.top + 1}h${-width}z`;
  }
  return path;
}
