// A row of digits: the network is slid over it, and its answer stands above each place.

import { asked } from '../state/home.js';
import { bytesOf } from '../state/packed.js';
import { el, fill } from './dom.js';
import { num } from './number.js';
import { grid, paint } from './paint.js';

/** Make the view. */
export function rowView(app) {
  const pad = el('canvas', { class: 'pad wide', width: 900, height: 200 });
  const ink = pad.getContext('2d');
  const clear = el('button', { type: 'button', onclick: () => { ink.clearRect(0, 0, 900, 200); fill(answer); } });
  const read = el('button', { type: 'button', class: 'go', onclick: () => ask() });
  const say = el('p', { class: 'say' });
  const answer = el('div', { class: 'row-answer' });
  const note = el('p', { class: 'bad', role: 'status' });
  const root = el('section', { class: 'lesson row' }, say, pad, el('div', { class: 'controls' }, read, clear), note, answer);
  let last = null;

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * 900) / box.width, ((event.clientY - box.top) * 200) / box.height];
  };
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    last = place(event);
  });
  pad.addEventListener('pointermove', (event) => {
    if (!last) return;
    const to = place(event);
    Object.assign(ink, { strokeStyle: getComputedStyle(pad).color, lineWidth: 13, lineCap: 'round' });
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...to);
    ink.stroke();
    last = to;
  });
  for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, () => { last = null; });

  /** Draw what is on the pad black on white, as on paper, and let the server read it. */
  const ask = async () => {
    const page = el('canvas', { width: 900, height: 200 });
    const context = page.getContext('2d');
    context.drawImage(pad, 0, 0);
    const image = context.getImageData(0, 0, 900, 200);
    for (let n = 0; n < image.data.length; n += 4) {
      const shade = 255 - image.data[n + 3];
      image.data.set([shade, shade, shade, 255], n);
    }
    context.putImageData(image, 0, 0);
    note.textContent = '';
    try {
      show_(await asked('api/row', { model: app.model.id, picture: page.toDataURL('image/png'), invert: true }));
    } catch (problem) {
      note.textContent = problem.message;
    }
  };

  const show_ = (found) => {
    const [, height, width] = found.pixels.shape;
    const canvas = el('canvas', { class: 'cells' });
    paint(canvas, grid(1, height, width, 1, 0), bytesOf(found.pixels.data), 255, 'ink');
    canvas.style.width = '100%';
    const marks = found.columns.map((column, n) => {
      const mark = el('span', { class: 'mark-at' }, found.names[n]);
      mark.style.left = `${(100 * column) / width}%`;
      return mark;
    });
    const read_ = found.text === null ? null : el('p', { class: 'verdict' }, el('strong', {}, found.text));
    const digits = (found.digits ?? []).map(({ digit, probability }) => el('li', {}, `${digit}: ${num(100 * probability)} %`));
    fill(answer, read_, el('div', { class: 'marks' }, marks), canvas, digits.length ? el('ul', {}, digits) : null);
  };

  const show = () => {
    const { words } = app;
    say.textContent = words.row_say;
    clear.textContent = words.clear;
    read.textContent = words.read_row;
    pad.setAttribute('aria-label', words.row_say);
  };
  return { root, show, leave: () => {} };
}
