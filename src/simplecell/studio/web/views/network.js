// The network: a card for each layer, from the picture to the answer. Pointing at a cell rings
// what it reads and what reads it; a click opens it.

import { cellName, cellNamed } from '../state/state.js';
import { codeGrid } from '../state/model.js';
import { valueAt } from '../formulas/maps.js';
import { updateOf } from '../state/scene.js';
import { ratesOf } from '../formulas/updates.js';
import { answerList } from './answer.js';
import { paintInput, paintSigned, sheet, tilesOf, weightTiles } from './card.js';
import { captionOf } from './caption.js';
import { el, fill, put, svg } from './dom.js';
import { num } from './number.js';
import { above, below } from './reach.js';

const GAP = 14;
const [NARROWEST, WIDEST, LAST] = [56, 240, 190];

/** Make the view of a network. */
export function networkView(app) {
  const root = el('div', { class: 'network' });
  const lines = svg('svg', { class: 'lines', 'aria-hidden': 'true' });
  const note = el('output', { class: 'note', 'aria-live': 'off' });
  let cards = [];
  let of = null;
  let drawn = null;

  const point = (card, cell) => {
    app.point(cell && card.n >= -1 ? { n: card.n, cell } : null);
  };

  const makeCard = (layer, n, model) => {
    const card = { n, layer, name: layer ? layer.name : 'input' };
    const pick = (direction) => (cell) => app.set({
      cell: cellName(card.name, cell), direction, weight: '',
    });
    card.up = sheet('up', (cell) => point(card, cell), pick('forward'));
    card.down = sheet('down', (cell) => point(card, cell), pick('backward'));
    card.arrays = layer ? arraysOf(layer, model).map(([name, shape]) => arrayOf(card, name, shape)) : [];
    card.title = el('button', { type: 'button', class: 'name', onclick: () => enter(card) }, card.name);
    card.scale = el('span', { class: 'scale' });
    card.caption = el('span', { class: 'caption' });
    const last = n === model.network.layers.length - 1;
    if (last) card.answers = answerList(app, model, (cell) => point(card, cell));
    card.root = el(
      'section', { class: `card ${layer?.type ?? 'input'}${last ? ' last' : ''}`, 'aria-label': card.name },
      el('h2', {}, card.title, card.caption),
      last ? card.answers.root : card.up.root, last ? null : card.down.root,
      card.arrays.map(({ root: own }) => own), card.scale,
    );
    return card;
  };

  /** Open the middle of a layer's first map, or its first weight: the way in for a keyboard. */
  const enter = (card) => {
    const { height, width } = mapsOf(of, card.n);
    if (app.state.stop === 'update' && card.arrays.length) app.set({ weight: `${card.arrays[0].name}.0`, direction: 'gradient' });
    else app.set({ cell: cellName(card.name, [0, height >> 1, width >> 1]), weight: '' });
    document.querySelector('.cell-title input')?.focus();
  };

  const arrayOf = (card, name, shape) => {
    const pick = (cell, made) => app.set({ weight: `${name}.${placeIn(made.tiles, cell)}`, direction: 'gradient' });
    const value = sheet('value', () => {}, (cell) => pick(cell, value));
    const change = sheet('change', () => {}, (cell) => pick(cell, change));
    const title = el('h3', {}, name.split('.')[1]);
    return { name, shape, value, change, root: el('div', { class: 'array' }, title, value.root, change.root) };
  };

  const build = (model) => {
    of = model;
    cards = [makeCard(null, -1, model), ...model.network.layers.map((layer, n) => makeCard(layer, n, model))];
    fill(root, lines, cards.map((card) => card.root), note);
    lay();
  };

  const lay = () => {
    if (!of) return;
    const wide = root.clientWidth || 900;
    const columns = wide < 560 ? 2 : wide < 820 ? 4 : cards.length;
    const width = Math.max(56, Math.floor((wide - GAP * (columns - 1)) / columns) - 2);
    const codes = codeGrid(of);
    const room = columns === cards.length ? sharedOut(cards, of, wide, codes) : cards.map(() => width);
    cards.forEach((card, place) => {
      const maps = mapsOf(of, card.n);
      card.root.style.width = `${room[place]}px`;
      card.up.lay(tilesOf(maps, codes), room[place]);
      card.down.lay(tilesOf(maps, codes), room[place]);
      for (const array of card.arrays) {
        const most = array.shape.length === 1 ? 8 : 10;
        array.value.lay(weightTiles(array.shape), room[place], most);
        array.change.lay(weightTiles(array.shape), room[place], most);
      }
    });
    drawn = null;
  };

  const show = (scene, state) => {
    if (of !== scene.model) build(scene.model);
    if (root.dataset.stop !== state.stop) root.dataset.stop = state.stop;
    const words = app.words;
    const key = `${scene.key}|${state.stop}|${state.rule}|${state.rate}|${app.language}|${app.ground}`;
    if (drawn !== key) {
      for (const card of cards) showCard(card, scene, state, words);
      drawn = key;
    }
    showRings(scene, state);
  };

  const showCard = (card, scene, state, words) => {
    const { seen, model } = scene;
    const forward = state.stop === 'forward' || state.stop === 'loss';
    put(card.caption, captionOf(card.layer, mapsOf(model, card.n), words));
    if (card.n < 0) {
      put(card.title, words.input);
      paintInput(card.up, model, scene.input);
      const down = paintSigned(card.down, seen.dx.data);
      put(card.scale, forward ? '' : `∂E/∂x ±${num(down, 2)}`);
      return;
    }
    const { x, du } = seen.layers[card.n];
    if (state.stop === 'update') {
      for (const array of card.arrays) showArray(array, scene, state);
      return;
    }
    if (card.answers) {
      card.answers.show(scene, state);
      return;
    }
    const up = paintSigned(card.up, x.data);
    const down = paintSigned(card.down, du.data);
    put(card.scale, forward ? `x ±${num(up, 2)}` : `x ±${num(up, 2)}\nδ ±${num(down, 2)}`);
  };

  const showArray = (array, scene, state) => {
    const { data } = scene.parameters[array.name];
    const dw = scene.seen.gradients[array.name];
    const h = state.rule === 'sdlm' ? scene.curvature()[array.name] : null;
    const rates = ratesOf(updateOf(state.rule, Number(state.rate)), h, data.length);
    paintSigned(array.value, data);
    paintSigned(array.change, dw ? dw.map((slope, n) => -rates[n] * slope) : new Float64Array(data.length));
  };

  const showRings = (scene, state) => {
    const chosen = cellNamed(state.cell);
    const pinned = chosen && cards.find((card) => card.name === chosen.layer);
    const hovered = app.pointed;
    const at = hovered ?? (pinned ? { n: pinned.n, cell: chosen.cell } : null);
    const lower = at && at.n >= 0 ? below(scene.seen, at.n, at.cell) : new Map();
    const upper = at ? above(scene.seen, at.n, at.cell) : new Map();
    for (const card of cards) {
      const box = lower.get(card.n) ?? upper.get(card.n) ?? null;
      const mark = at && at.n === card.n ? at.cell : null;
      for (const made of [card.up, card.down]) {
        made.ring(box);
        made.mark(mark);
      }
      card.answers?.ring(box, mark);
    }
    fill(lines, hovered || !pinned ? [] : links(root, cards, pinned, chosen.cell, scene));
    put(note, hovered ? readout(scene, hovered, cards) : '');
  };

  new ResizeObserver(() => {
    lay();
    if (of) app.refresh();
  }).observe(root);
  return { root, show };
}

/** Share a row's width out: each cell of a card as large as it can be while all cards fit. */
function sharedOut(cards, model, wide, codes) {
  const across = cards.slice(0, -1).map((card) => tilesOf(mapsOf(model, card.n), codes).across);
  const last = Math.min(LAST, Math.max(120, wide * 0.14));
  const free = wide - last - GAP * (cards.length - 1);
  for (let target = WIDEST; target > NARROWEST; target -= 2) {
    const widths = across.map((cells) => Math.max(NARROWEST, cells * Math.max(1, Math.min(16, Math.floor(target / cells)))));
    if (widths.reduce((a, b) => a + b, 0) <= free) return [...widths, last];
  }
  return [...across.map(() => Math.max(NARROWEST, Math.floor(free / across.length))), last];
}

function mapsOf(model, n) {
  if (n < 0) {
    const [maps, height, width] = model.network.input;
    return { maps, height, width };
  }
  return model.shapes[n];
}

function arraysOf(layer, model) {
  const prefix = `${layer.name}.`;
  return Object.entries(model.parameters).filter(([name]) => name.startsWith(prefix))
    .map(([name, { shape }]) => [name, shape]).sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? 1 : -1));
}

/** Give the place in the flat array of a cell of a sheet of weights. */
function placeIn({ height, width }, [map, row, column]) {
  return (map * height + row) * width + column;
}

/** Say in a line what stands in the cell pointed at. */
function readout({ seen }, { n, cell }, cards) {
  const [map, row, column] = cell;
  const name = n < 0 ? 'input' : cards[n + 1].name;
  const x = n < 0 ? seen.input : seen.layers[n].x;
  const du = n < 0 ? seen.dx : seen.layers[n].du;
  const place = x.height * x.width === 1 ? `[${map}]` : `[${map}; ${row}, ${column}]`;
  return `${name}${place}   x = ${num(valueAt(x, cell))}   ${n < 0 ? '∂E/∂x' : 'δ'} = ${num(valueAt(du, cell))}`;
}

/** Draw lines from the open cell's map to the maps that it reads: the connection table, seen. */
function links(root, cards, pinned, cell, { seen, model }) {
  const lower = cards.find((card) => card.n === pinned.n - 1);
  if (!lower || pinned.n < 0 || pinned.answers) return [];
  const { table } = pinned.layer;
  if (!table) return [];
  const frame = root.getBoundingClientRect();
  const to = middle(pinned.up, cell[0], frame);
  return table[cell[0]].map((map) => {
    const from = middle(lower.up, map, frame);
    const bend = (to.x - from.x) / 2;
    return svg('path', { d: `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}` });
  });
}

function middle(made, map, frame) {
  const box = made.canvas.getBoundingClientRect();
  const { columns, height, width, gap } = made.tiles;
  const zoom = made.canvas.currentCSSZoom ?? 1;
  const row = Math.floor(map / columns);
  const column = map % columns;
  return {
    x: (box.left - frame.left) / zoom + (column * (width + gap) + width / 2) * made.zoom,
    y: (box.top - frame.top) / zoom + (row * (height + gap) + height / 2) * made.zoom,
  };
}

