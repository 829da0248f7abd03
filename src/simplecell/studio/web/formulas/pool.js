// Pooling: each window replaced by its mean, or by its largest value. Nothing to learn.
//
//   mean   u = (sum of the window) / (its cells)     dx: each cell gets its share of du
//   max    u = the largest of the window             dx: the largest cell gets all of du
//
// Where cells tie for the largest, the first of them takes all, in the order of reading.
// Windows may overlap, have a border (of 0 for the mean, of nothing for the maximum) and, with
// `ceil`, hang over the edge.
//
// Source: UFLDL tutorial, Pooling; Bouvrie 2006, 3.2.   Brief: C6

import { like, placeOf, valueAt, zeros } from './maps.js';
import { covered, covering, paddingOf, places } from './windows.js';

const strideOf = (layer) => layer.stride ?? layer.window;

function shape(layer, [maps, height, width]) {
  const [down, across] = paddingOf(layer, { height, width });
  const [sh, sw] = strideOf(layer);
  return [maps, places(height, layer.window[0], sh, down, layer.ceil),
    places(width, layer.window[1], sw, across, layer.ceil)];
}

/** List the cells of the window at a place, and by how many it is divided for the mean. */
function windowAt(layer, x, [c, i, j]) {
  const [[top, bottom], [left, right]] = paddingOf(layer, x);
  const [n, m] = layer.window;
  const [sh, sw] = strideOf(layer);
  const cells = [];
  for (const y of covered(i, x.height, n, sh, top)) {
    for (const z of covered(j, x.width, m, sw, left)) cells.push([c, y, z]);
  }
  if (!layer.count_padding) return { cells, count: cells.length };
  // The border counts as cells of 0, but what hangs over the border's edge does not count.
  const rows = Math.min(i * sh - top + n, x.height + bottom) - (i * sh - top);
  const columns = Math.min(j * sw - left + m, x.width + right) - (j * sw - left);
  return { cells, count: rows * columns };
}

function winner(x, cells) {
  let best = cells[0];
  for (const cell of cells) if (x.data[placeOf(x, cell)] > x.data[placeOf(x, best)]) best = cell;
  return best;
}

function eachPlace(u, visit) {
  let place = 0;
  for (let c = 0; c < u.maps; c += 1) {
    for (let i = 0; i < u.height; i += 1) {
      for (let j = 0; j < u.width; j += 1) {
        visit(place, [c, i, j]);
        place += 1;
      }
    }
  }
}

function forward(layer, own, x) {
  const u = zeros(...shape(layer, [x.maps, x.height, x.width]));
  eachPlace(u, (place, at) => {
    const { cells, count } = windowAt(layer, x, at);
    if (layer.kind === 'max') {
      u.data[place] = valueAt(x, winner(x, cells));
    } else {
      let sum = 0;
      for (const cell of cells) sum += x.data[placeOf(x, cell)];
      u.data[place] = sum / count;
    }
  });
  return u;
}

function shared(layer, x, du, power) {
  const dx = like(x);
  eachPlace(du, (place, at) => {
    const { cells, count } = windowAt(layer, x, at);
    if (layer.kind === 'max') {
      dx.data[placeOf(x, winner(x, cells))] += du.data[place];
    } else {
      for (const cell of cells) dx.data[placeOf(x, cell)] += du.data[place] / count ** power;
    }
  });
  return dx;
}

const backward = (layer, own, x, du) => ({ dx: shared(layer, x, du, 1), gradients: {} });

const curvature = (layer, own, x, { hu }) => ({ hx: shared(layer, x, hu, 2), curvatures: {} });

function forwardTerms(layer, own, x, at) {
  const { cells, count } = windowAt(layer, x, at);
  const best = layer.kind === 'max' ? winner(x, cells).join() : null;
  const weight = (cell) => (best === null ? 1 / count : Number(cell.join() === best));
  const terms = cells.map((cell) => ({ cell, value: valueAt(x, cell), weight: weight(cell) }));
  return { terms, largest: best !== null };
}

function backwardTerms(layer, own, x, du, [c, y, z]) {
  const [[top], [left]] = paddingOf(layer, x);
  const [sh, sw] = strideOf(layer);
  const terms = [];
  for (const [i] of covering(y, du.height, layer.window[0], sh, top)) {
    for (const [j] of covering(z, du.width, layer.window[1], sw, left)) {
      const cell = [c, i, j];
      const { cells, count } = windowAt(layer, x, cell);
      const best = layer.kind === 'max' ? winner(x, cells).join() : null;
      const weight = best === null ? 1 / count : Number([c, y, z].join() === best);
      terms.push({ cell, value: valueAt(du, cell), weight });
    }
  }
  return { terms, largest: layer.kind === 'max' };
}

export const pool = {
  shape, parameters: () => ({}), forward, backward, curvature, forwardTerms, backwardTerms,
};
