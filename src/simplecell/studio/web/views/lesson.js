// Convolution by hand: the deck's 5 x 5 image and 3 x 3 kernel, forward, backward and for the
// gradient, slid cell by cell; and why a network convolves at all, in weights counted.

import { choice, el, fill } from './dom.js';
import { codeBlockOf } from './law.js';
import { lines, mi, mn, mo, row, sub, term } from './mathml.js';
import { num } from './number.js';
import { whyView } from './why.js';

const IMAGE = '11100 01110 00111 00110 01100';
const KERNEL = '101 010 101';
const DELTA = '1,0,-1,2,1,0,0,-1,1';

const start = () => ({
  image: [...IMAGE.replaceAll(' ', '')].map(Number), kernel: [...KERNEL.replaceAll(' ', '')].map(Number), delta: DELTA.split(',').map(Number),
});

/** Give the nine products of one cell of the map: u[i,j] = sum_pq k[p,q] x[i+p,j+q].   Brief: C3 */
export function forwardTermsAt({ image, kernel }, [i, j]) {
  return kernel.map((weight, n) => {
    const at = (i + Math.floor(n / 3)) * 5 + j + (n % 3);
    return { weight, value: image[at], from: at, by: n };
  });
}

/** Give what reaches one cell of the image: sum of k[p,q] δ[i,j] over i+p = y, j+q = z.   Brief: D15, D16 */
export function backwardTermsAt({ kernel, delta }, [y, z]) {
  const found = [];
  for (let n = 0; n < 9; n += 1) {
    const [i, j] = [y - Math.floor(n / 3), z - (n % 3)];
    if (i >= 0 && i < 3 && j >= 0 && j < 3) found.push({ weight: kernel[n], value: delta[i * 3 + j], from: i * 3 + j, by: n });
  }
  return found;
}

/** Give the gradient of one weight: sum_ij δ[i,j] x[i+p,j+q].   Brief: D13 */
export function gradientTermsAt({ image, delta }, [p, q]) {
  return delta.map((value, n) => {
    const at = (Math.floor(n / 3) + p) * 5 + (n % 3) + q;
    return { weight: image[at], value, from: n, by: at };
  });
}

const MODES = {
  forward: { side: 3, terms: forwardTermsAt, codes: ['C3'], say: 'lesson_say_forward', tables: ['image', 'kernel'], into: 'result_map' },
  backward: { side: 5, terms: backwardTermsAt, codes: ['D15', 'D16'], say: 'lesson_say_backward', tables: ['delta', 'kernel'], into: 'lesson_down' },
  gradient: { side: 3, terms: gradientTermsAt, codes: ['D13', 'D12'], say: 'lesson_say_gradient', tables: ['delta', 'image'], into: 'lesson_dw' },
};

/** Make the view. */
export function lessonView(app) {
  const root = el('section', { class: 'lesson' });
  const why = whyView(app);
  let numbers = start();
  let timer = null;

  const move = (way) => {
    const [mode, place] = placeOf(app.state);
    const count = MODES[mode].side ** 2;
    app.set({ kernel: `${mode}.${(place + way + count) % count}` });
  };
  const play = () => {
    clearInterval(timer);
    timer = timer ? null : setInterval(() => move(1), 900);
    app.refresh(true);
  };
  root.addEventListener('keydown', (event) => {
    if (event.target.tagName === 'INPUT') return;
    if (event.key === 'ArrowRight') move(1);
    if (event.key === 'ArrowLeft') move(-1);
  });

  const show = (scene, state) => {
    const { words } = app;
    const tabs = choice(words.lesson, [['', words.lesson_kernel], ['why', words.lesson_why]], (lesson) => app.set({ lesson }));
    tabs.show(state.lesson);
    if (state.lesson === 'why') {
      fill(root, tabs, why.show(state));
      return;
    }
    const [mode, place] = placeOf(state);
    const told = MODES[mode];
    const cell = [Math.floor(place / told.side), place % told.side];
    const terms = told.terms(numbers, cell);
    const modes = choice(words.direction, Object.keys(MODES).map((name) => [name, words[name]]), (name) => app.set({ kernel: `${name}.0` }));
    modes.show(mode);
    const slide = el('input', {
      type: 'range', min: '0', max: String(told.side ** 2 - 1), value: String(place), 'aria-label': words.slide,
      oninput: (event) => app.set({ kernel: `${mode}.${event.target.value}` }),
    });
    const held = document.activeElement?.type === 'range' && root.contains(document.activeElement);
    fill(
      root, tabs, modes, el('p', { class: 'say' }, words[told.say]),
      el('div', { class: 'boards' }, told.tables.map((name, n) => board(name, terms, n ? 'by' : 'from')), result(told, place)),
      el('div', { class: 'slide' }, el('button', { type: 'button', class: 'plain', onclick: play, 'aria-label': timer ? words.pause : words.play }, timer ? '❚❚' : '▶'), slide),
      el('div', { class: 'formula numbers', tabIndex: 0, role: 'group', 'aria-label': words.formula }, sumOf(mode, cell, terms)), told.codes.map((code) => codeBlockOf(code, app.language)),
    );
    if (held) slide.focus();
  };

  const board = (name, terms, key) => {
    const side = name === 'image' ? 5 : 3;
    const places = new Map(terms.map((one) => [one[key], one]));
    const title = { image: app.words.image, kernel: app.words.kernel, delta: app.words.lesson_delta }[name];
    const cells = numbers[name].map((value, n) => {
      const input = el('input', {
        type: 'text', inputMode: 'numeric', value: num(value), 'aria-label': `${title} ${Math.floor(n / side)}, ${n % side}`,
        class: places.has(n) ? 'lit' : '',
        onchange: (event) => {
          const typed = Number(event.target.value.replace('−', '-'));
          if (!Number.isFinite(typed)) return;
          numbers = { ...numbers, [name]: numbers[name].map((old, k) => (k === n ? typed : old)) };
          app.refresh(true);
        },
      });
      return input;
    });
    const grid = el('div', { class: 'board' }, cells);
    grid.style.gridTemplateColumns = `repeat(${side}, 2.4rem)`;
    return el('figure', {}, el('figcaption', {}, title), grid);
  };

  const result = (told, place) => {
    const cells = Array.from({ length: told.side ** 2 }, (_, n) => {
      const terms = told.terms(numbers, [Math.floor(n / told.side), n % told.side]);
      const sum = terms.reduce((all, { weight, value }) => all + weight * value, 0);
      return el('button', {
        type: 'button', class: n === place ? 'lit here' : '', onclick: () => app.set({ kernel: `${placeOf(app.state)[0]}.${n}` }),
      }, num(sum));
    });
    const grid = el('div', { class: 'board result' }, cells);
    grid.style.gridTemplateColumns = `repeat(${told.side}, 2.4rem)`;
    return el('figure', {}, el('figcaption', {}, app.words[told.into]), grid);
  };
  return { root, show, leave: () => { clearInterval(timer); timer = null; } };
}

function placeOf(state) {
  const [mode, place] = state.kernel.split('.');
  return mode in MODES ? [mode, Math.min(Number(place) || 0, MODES[mode].side ** 2 - 1)] : ['forward', 0];
}

/** Write the sum of one cell with its numbers. */
function sumOf(mode, [i, j], terms) {
  const letter = { forward: () => sub(mi('u'), mn(`${i},${j}`)), backward: () => sub(row(mi('∂E/∂x')), mn(`${i},${j}`)), gradient: () => sub(row(mi('∂E/∂k')), mn(`${i},${j}`)) }[mode]();
  const parts = terms.flatMap(({ weight, value }, n) => [...(n ? [mo('+')] : []), row(term(num(weight)), mo('·'), term(num(value)))]);
  const sum = terms.reduce((all, { weight, value }) => all + weight * value, 0);
  const result = mn(num(sum));
  result.setAttribute('class', 'result');
  const half = Math.ceil(parts.length / 2 / 2) * 2;
  const rows = parts.length > 9 ? [[row(letter, mo('=')), ...parts.slice(0, half)], [mi(' '), ...parts.slice(half)]] : [[row(letter, mo('=')), ...parts]];
  return lines(...rows, [mo('='), result]);
}

