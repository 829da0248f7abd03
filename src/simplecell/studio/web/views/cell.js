// The open cell: how its number came about, as pictures, as a formula with its own numbers, and as
// a table. Its place can be moved by a slider, which slides the kernel over the map.

import { backwardTerms, forwardTerms, gradientTerms, inputTerms } from '../formulas/terms.js';
import { cellAt, placeOf, valueAt } from '../formulas/maps.js';
import { ratesOf } from '../formulas/updates.js';
import { acted, cellName, cellNamed } from '../state/state.js';
import { updateOf } from '../state/scene.js';
import { codesFor } from './codes.js';
import { choice, el, fill } from './dom.js';
import { groupsOf, spread } from './groups.js';
import { codeBlockOf } from './law.js';
import { borderNote, ownLaw } from './laws.js';
import { num, signed } from './number.js';
import { paint, reachOf } from './paint.js';
import { backwardLines, forwardLines, gradientLines, stepLines } from './sums.js';
import { printSheet } from './worksheet.js';
import { mapGrid } from './mapgrid.js';

const SHOWN = 16;

/** Find out what the panel shows: the descriptor of a cell or of a weight, or null. */
export function described({ seen, model }, state) {
  if (state.weight) return weightOf(seen, model, state.weight);
  const at = cellNamed(state.cell);
  if (!at) return null;
  const n = model.network.layers.findIndex(({ name }) => name === at.layer);
  if (n < 0 && at.layer !== 'input') return null;
  const maps = n < 0 ? seen.input : seen.layers[n].x;
  const [map, row, column] = at.cell;
  if (map >= maps.maps || row >= maps.height || column >= maps.width || map < 0 || row < 0 || column < 0) return null;
  if (n < 0) {
    const found = inputTerms(seen, at.cell);
    return { ...found, n, name: 'input', maps, pixel: valueAt(maps, at.cell) };
  }
  const find = state.direction === 'backward' ? backwardTerms : forwardTerms;
  return { ...find(seen, n, at.cell), n, name: at.layer, maps };
}

function weightOf(seen, model, name) {
  const [layer, array, index] = name.split('.');
  const n = model.network.layers.findIndex((one) => one.name === layer);
  const own = n < 0 ? null : seen.layers[n].own[array];
  if (!own || !(Number(index) < own.data.length) || !seen.gradients[`${layer}.${array}`]) return null;
  return { ...gradientTerms(seen, n, array, Number(index)), n, name: array, of: layer, shape: own.shape };
}

/** Make the panel. */
export function cellView(app) {
  const title = el('h2', { id: 'cell-title', class: 'cell-title' });
  const directions = choice('', [], () => {});
  const body = el('div', { class: 'cell-body' });
  const root = el('aside', { class: 'cell-panel', 'aria-labelledby': 'cell-title' }, title, directions, body);
  const slider = slideBar(app);
  const map = mapGrid(app);
  let shown = '';

  const show = (scene, state) => {
    const found = described(scene, state);
    root.hidden = !found;
    if (!found) {
      shown = '';
      return;
    }
    const key = `${scene.key}|${state.cell}|${state.direction}|${state.weight}|${app.language}|${state.rule}|${state.rate}|${app.ground}`;
    if (key === shown) return;
    shown = key;
    const words = app.words;
    const held = title.contains(document.activeElement) ? [...title.querySelectorAll('input')].indexOf(document.activeElement) : -1;
    fill(title, titleOf(app, found).flat());
    title.querySelectorAll('input')[held]?.focus();
    directions.hidden = Boolean(state.weight) || found.n < 0;
    fill(body, contents(app, scene, state, found, slider, map));
    if (!directions.hidden) {
      const row = choice(words.direction, [['forward', words.forward_cell], ['backward', words.backward_cell]], (direction) => app.set({ direction }));
      row.show(state.direction === 'backward' ? 'backward' : 'forward');
      fill(directions, [...row.children]);
      directions.setAttribute('aria-label', words.direction);
    }
  };
  return { root, show };
}

/** Write which cell or weight this is, each number in a field that leads to another. */
function titleOf(app, found) {
  const { words } = app;
  if (found.direction === 'gradient') {
    const places = indexOf(found);
    const fields = places.map((place, axis) => field(`${words.axis} ${axis + 1}`, place, found.shape[axis], (next) => {
      const index = places.map((old, k) => (k === axis ? next : old)).reduce((all, value, k) => all * found.shape[k] + value, 0);
      app.set({ weight: `${found.of}.${found.name}.${index}` });
    }));
    return [`${found.of}.${found.name} `, fields];
  }
  const { maps, cell } = found;
  const one = maps.height * maps.width === 1;
  const sizes = [[one ? words.unit : words.map, maps.maps], [words.row_of, maps.height], [words.column, maps.width]];
  const fields = sizes.slice(0, one ? 1 : 3).map(([label, size], axis) => [` ${label} `, field(label, cell[axis], size, (next) => {
    app.set({ cell: cellName(found.name, cell.map((old, k) => (k === axis ? next : old))) });
  })]);
  return [found.n < 0 ? words.input : found.name, ' ', fields.flat()];
}

function field(label, value, size, go) {
  return el('input', {
    type: 'number', class: 'place', min: '0', max: String(size - 1), value: String(value), 'aria-label': label,
    onchange: (event) => {
      const next = Number(event.target.value);
      if (Number.isInteger(next) && next >= 0 && next < size) go(next);
    },
  });
}

/** Give the place of a weight in its array, axis by axis. */
function indexOf({ shape, index }) {
  const places = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return places;
}

function contents(app, scene, state, found, slider, map) {
  const { words } = app;
  const hover = (places) => app.point(places && pointedBy(found, places));
  const value = el('p', { class: 'value-line' }, symbolOf(found), ' = ', el('strong', {}, num(found.value, 4)));
  const parts = [value];
  if (found.direction === 'gradient') parts.push(...weightParts(app, scene, state, found));
  if (found.n < 0) parts.push(pixelPart(app, found));
  parts.push(pictures(found, hover, words));
  parts.push(numbersOf(found, words, hover), found.n < 0 ? null : borderNote(found, scene.seen.layers[found.n].below, words), ownLaw(found, words));
  parts.push(...codesFor(found, scene.seen).filter((code) => code !== 'D8' || found.direction !== 'gradient').map((code) => codeBlockOf(code, app.language)));
  if (found.maps && found.maps.height * found.maps.width > 1) {
    parts.push(slider.show(found, state));
    parts.push(map.show(found, scene, state));
  }
  parts.push(table(found, words));
  parts.push(el('button', { type: 'button', class: 'plain', onclick: () => printSheet(app, scene, found) }, words.worksheet));
  return parts;
}

function symbolOf(found) {
  if (found.direction === 'gradient') return '∂E/∂w';
  if (found.direction === 'backward') return found.layer ? 'δ = ∂E/∂u' : '∂E/∂x';
  return found.layer.type === 'rbf' ? 'y' : 'x';
}

function numbersOf(found, words, hover) {
  const formula = { forward: forwardLines, backward: backwardLines, gradient: gradientLines }[found.direction](found, hover);
  return el('div', { class: 'formula numbers', tabIndex: 0, role: 'group', 'aria-label': words.formula }, formula);
}

/** Say which cells are meant by some of the terms: those of the layer that they come from. */
function pointedBy(found, places) {
  const n = found.direction === 'forward' ? found.n - 1 : found.direction === 'backward' ? found.n + 1 : found.n;
  return { n, cell: found.terms[places[0]].cell };
}

/** Draw the terms: what was read, times the weights, gives the products. */
function pictures(found, hover, words) {
  if (found.terms.length < 2) return null;
  const all = groupsOf(found.terms);
  const groups = all.length > SHOWN
    ? [...all].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, SHOWN).sort((a, b) => a.map - b.map) : all;
  const reach = ['value', 'weight', 'product'].map((what) => reachOf(found.terms.map((term) => numberOf(term, what))));
  const side = window.innerWidth < 420 ? 52 : groups.length > 6 ? 26 : 72;
  const rows = groups.map((group) => {
    const size = Math.max(1, Math.min(14, Math.floor(side / Math.max(group.tiles.across, group.tiles.down))));
    const cells = ['value', 'weight', 'product'].flatMap((what, k) => [
      k ? el('span', { class: 'sign' }, k === 1 ? '×' : '=') : null,
      picture(group, what, reach[k], size, found.at),
    ]);
    return el('div', {
      class: 'terms-row', onpointerenter: () => hover(group.places), onpointerleave: () => hover(null),
    }, el('span', { class: 'from' }, group.map === null ? '' : `${group.map}`), cells, el('span', { class: 'sum' }, signed(group.sum)));
  });
  const heads = headsOf(found, words).map((text) => el('span', {}, text));
  return el('figure', { class: groups.length > 6 ? 'terms many' : 'terms' }, el('figcaption', { class: 'heads' }, heads), rows,
    all.length > groups.length ? el('p', { class: 'more' }, words.more_maps.replace('{n}', String(all.length - groups.length))) : null);
}

function headsOf(found, words) {
  if (found.direction === 'gradient') return ['δ', words.read, words.products];
  if (found.direction === 'backward') return [words.delta_above, words.weights, words.products];
  return [found.squares ? 'x − w' : words.read, found.squares ? 'x − w' : words.weights, found.squares ? words.squares : words.products];
}

function numberOf(term, what) {
  return what === 'product' ? term.weight * term.value : term[what];
}

function picture(group, what, reach, size) {
  const canvas = el('canvas', { class: 'cells patch' });
  paint(canvas, group.tiles, spread(group, (term) => numberOf(term, what)), reach);
  canvas.style.width = `${group.tiles.across * size}px`;
  canvas.style.height = `${group.tiles.down * size}px`;
  return canvas;
}

/** Show a weight: its value, slope, curvature, rate and change; and let it be changed. */
function weightParts(app, scene, state, found) {
  const { words } = app;
  const name = `${found.of}.${found.name}`;
  const now = scene.parameters[name].data[found.index];
  const before = scene.before[name].data[found.index];
  const h = scene.curvature()[name]?.[found.index] ?? 0;
  const update = updateOf(state.rule, Number(state.rate));
  const rate = ratesOf(update, state.rule === 'sdlm' ? [h] : null, 1)[0];
  const input = el('input', {
    type: 'number', step: 'any', value: String(Number(now.toPrecision(6))), 'aria-label': words.value_now,
    onchange: (event) => {
      const value = Number(event.target.value);
      if (Number.isFinite(value)) app.set(acted(app.state, 'w', name, String(found.index), String(value)));
    },
  });
  const facts = [
    [words.value_now, input], before === now ? null : [words.value_before, el('s', {}, num(before, 4))],
    [words.slope, num(found.value)], [words.curvature, num(h)], [words.rate, num(rate)], [words.change, signed(-rate * found.value)],
  ].filter(Boolean);
  const list = el('dl', { class: 'facts' }, facts.map(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]).flat());
  const letter = { w: 'w', b: 'b' }[found.name] ?? 'c';
  const step = state.rule === 'adam' ? null : el('div', { class: 'formula numbers', tabIndex: 0, role: 'group', 'aria-label': words.formula }, stepLines(letter, now, rate, found.value));
  return [list, step, codeBlockOf('D8', app.language)];
}

/** Let a pixel of what the network reads be changed. */
function pixelPart(app, found) {
  const { words } = app;
  const index = placeOf(found.maps, found.cell);
  const input = el('input', {
    type: 'number', step: '0.1', value: String(Number(found.pixel.toPrecision(4))), 'aria-label': words.pixel,
    onchange: (event) => {
      const value = Number(event.target.value);
      if (Number.isFinite(value)) app.set(acted(app.state, 'p', String(index), String(value)));
    },
  });
  return el('dl', { class: 'facts' }, el('dt', {}, words.pixel), el('dd', {}, input));
}

/** Make the slider that moves the cell over its map, by hand or by itself. */
function slideBar(app) {
  let timer = null;
  let bar = null;
  const move = (place, found) => app.set({ cell: cellName(found.name, cellAt(found.maps, place)) });
  const stop = () => {
    clearInterval(timer);
    timer = null;
  };
  const show = (found, state) => {
    const area = found.maps.height * found.maps.width;
    const first = found.cell[0] * area;
    const place = placeOf(found.maps, found.cell) - first;
    const { words } = app;
    const held = bar && document.activeElement === bar.querySelector('input');
    const input = el('input', {
      type: 'range', min: '0', max: String(area - 1), value: String(place), 'aria-label': words.slide,
      oninput: (event) => move(first + Number(event.target.value), found),
    });
    const play = el('button', {
      type: 'button', class: 'plain', 'aria-label': timer ? words.pause : words.play,
      onclick: () => {
        if (timer) {
          stop();
          app.refresh(true);
          return;
        }
        timer = setInterval(() => {
          const at = cellNamed(app.state.cell);
          if (!at || at.layer !== found.name) return stop();
          const next = (placeOf(found.maps, at.cell) + 1) % (found.maps.maps * area);
          return move(next, found);
        }, 250);
        app.refresh(true);
      },
    }, timer ? '❚❚' : '▶');
    if (bar && state.cell && bar.isConnected && held) {
      const old = bar.querySelector('input');
      old.value = String(place);
      return bar;
    }
    bar = el('div', { class: 'slide' }, play, input);
    return bar;
  };
  return { show, stop };
}

/** List all terms as a table, for reading aloud and for copying. */
function table(found, words) {
  if (!found.terms.length) return null;
  const rows = () => found.terms.map((term) => el('tr', {}, el('td', {}, term.cell.join(', ')), el('td', {}, num(term.value, 4)),
    el('td', {}, num(term.weight, 4)), el('td', {}, num(term.weight * term.value, 4))));
  const body = el('tbody');
  const heads = [words.cell, ...headsOf(found, words)].map((text) => el('th', { scope: 'col' }, text));
  const details = el('details', {
    class: 'all', ontoggle: (event) => { if (event.target.open && !body.children.length) fill(body, rows()); },
  }, el('summary', {}, words.all_terms.replace('{n}', String(found.terms.length))),
  el('div', { class: 'scroll', tabIndex: 0 }, el('table', {}, el('thead', {}, el('tr', {}, heads)), body)));
  return details;
}
