// A row of digits: the network is slid over it, and its answer stands above each place.

import { asked, faultIn } from '../state/home.js';
import { bytesOf } from '../state/packed.js';
import { el, fill } from './dom.js';
import { num } from './number.js';
import { grid, paint } from './paint.js';

const LAID = 5;
const NARROW = 0.012;

/** Gather places side by side that have the same answer: its name, from where to where, how sure. */
function runsOf({ columns, labels, names, answers: { shape, data } }) {
  const shares = new Float32Array(bytesOf(data).buffer);
  const half = columns.length > 1 ? (columns[1] - columns[0]) / 2 : 2;
  const runs = [];
  labels.forEach((label, n) => {
    const last = runs[runs.length - 1];
    const sure = shares[n * shape[1] + label];
    if (last && last.label === label) Object.assign(last, { to: columns[n] + half, sure: Math.max(last.sure, sure) });
    else runs.push({ label, name: names[n], from: columns[n] - half, to: columns[n] + half, sure });
  });
  return runs;
}

/** Make the view. */
export function rowView(app) {
  const pad = el('canvas', { class: 'pad wide', width: 900, height: 200 });
  const ink = pad.getContext('2d');
  const clear = el('button', { type: 'button', onclick: () => { ink.clearRect(0, 0, 900, 200); fill(answer); } });
  const some = el('button', { type: 'button', onclick: () => laid() });
  const read = el('button', { type: 'button', class: 'go', onclick: () => ask() });
  const say = el('p', { class: 'say' });
  const answer = el('div', { class: 'row-answer' });
  const note = el('p', { class: 'bad', role: 'status' });
  const root = el('section', { class: 'lesson row' }, say, pad, el('div', { class: 'controls' }, read, some, clear), note, answer);
  let last = null;
  let first = 0;

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

  /** Lay some of the sample pictures side by side, as a row that was written. */
  const laid = () => {
    const { samples, network: { input: [, height, width] } } = app.model;
    const colour = getComputedStyle(pad).color.match(/\d+/g).map(Number);
    ink.clearRect(0, 0, 900, 200);
    fill(answer);
    for (let place = 0; place < LAID; place += 1) {
      const { pixels } = samples[(first + place) % samples.length];
      const one = el('canvas', { width, height });
      const image = new ImageData(width, height);
      pixels.forEach((pixel, n) => image.data.set([...colour.slice(0, 3), pixel], 4 * n));
      one.getContext('2d').putImageData(image, 0, 0);
      ink.drawImage(one, 40 + place * 165, 20, (160 * width) / height, 160);
    }
    first += LAID;
  };

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
      note.textContent = faultIn(app.words, problem);
    }
  };

  const show_ = (found) => {
    const [, height, width] = found.pixels.shape;
    const canvas = el('canvas', { class: 'cells' });
    paint(canvas, grid(1, height, width, 1, 0), bytesOf(found.pixels.data), 255, 'ink');
    canvas.style.width = '100%';
    const marks = runsOf(found).map(({ name, from, to, sure }) => {
      const mark = el('span', { class: 'mark-at' }, to - from < NARROW * width ? '' : name);
      mark.style.left = `${(100 * from) / width}%`;
      mark.style.width = `${(100 * (to - from)) / width}%`;
      mark.style.opacity = String(0.25 + 0.75 * sure);
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
    some.textContent = words.sample_row;
    some.hidden = !app.model.drawn || !app.model.samples.length;
    pad.setAttribute('aria-label', words.row_say);
  };
  return { root, show, leave: () => {} };
}
