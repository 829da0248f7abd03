// The picture: drawn with mouse, pen or finger, chosen among those that came with the model, or a
// file opened, dropped or pasted. Below a drawing stands how it becomes what the network reads.

import { nibblesToText } from '../state/packed.js';
import { opened } from '../state/scene.js';
import { posed } from '../state/drawing.js';
import { el, fill, put } from './dom.js';
import { grid, paint, paintColour } from './paint.js';

const SIDE = 280;
const PEN = 22;

/** Make the panel of the picture. */
export function pictureView(app) {
  const pad = el('canvas', { class: 'pad', width: SIDE, height: SIDE });
  const ink = pad.getContext('2d', { willReadFrequently: true });
  const steps = el('ol', { class: 'pose' });
  const samples = el('div', { class: 'samples', role: 'group' });
  const labels = el('select', { onchange: (event) => app.set({ label: event.target.value }) });
  const file = el('input', { type: 'file', accept: 'image/*', hidden: true, onchange: () => file.files[0] && open(file.files[0]) });
  const clear = el('button', { type: 'button', onclick: () => wipe() });
  const browse = el('button', { type: 'button', onclick: () => file.click() });
  const hint = el('p', { class: 'hint' });
  const label = el('label', {}, el('span', {}), labels);
  const root = el(
    'section', { class: 'picture' }, el('div', { class: 'draw' }, pad, hint, el('div', { class: 'tools' }, clear, browse, file)),
    steps, el('div', { class: 'shelf' }, samples, label),
  );
  let last = null;
  let of = null;
  let waiting = false;
  let ground = 0;
  let shown = '';
  let pose = null;

  const read = () => {
    waiting = false;
    const { data } = ink.getImageData(0, 0, SIDE, SIDE);
    const values = new Uint8Array(SIDE * SIDE);
    for (let n = 0; n < values.length; n += 1) values[n] = data[4 * n + 3];
    const found = posed(values, SIDE, SIDE);
    showPose(found);
    if (found) app.set({ picture: `d${nibblesToText(found.shades)}` });
  };
  const soon = () => {
    if (!waiting) requestAnimationFrame(read);
    waiting = true;
  };
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  const stroke = (to) => {
    ink.strokeStyle = getComputedStyle(pad).color;
    ink.lineWidth = PEN;
    ink.lineCap = 'round';
    ink.lineJoin = 'round';
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...to);
    ink.stroke();
    last = to;
    soon();
  };
  const wipe = () => {
    ink.clearRect(0, 0, SIDE, SIDE);
    showPose(null);
    app.set({ picture: '0' });
  };
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    if (!app.state.picture.startsWith('d')) ink.clearRect(0, 0, SIDE, SIDE);
    last = place(event);
    stroke([last[0] + 0.1, last[1]]);
    event.preventDefault();
  });
  pad.addEventListener('pointermove', (event) => { if (last) stroke(place(event)); });
  for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, () => { last = null; });

  const open = async (blob) => {
    const name = `o${opened.size + 1}`;
    const pixels = app.home.server ? await app.home.read(app.model, blob).catch(() => null) : await readHere(app.model, blob);
    if (!pixels) return;
    opened.set(name, pixels);
    app.set({ picture: name });
  };
  document.addEventListener('paste', (event) => {
    const item = [...event.clipboardData.items].find(({ type }) => type.startsWith('image/'));
    if (item) open(item.getAsFile());
  });
  root.addEventListener('dragover', (event) => event.preventDefault());
  root.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });

  const showPose = (found) => {
    if (!found) {
      fill(steps);
      return;
    }
    const { words } = app;
    const { box: [top, left, high, wide], body, frame } = found;
    pose ??= ['box', 'scale', 'centre'].map((name) => {
      const canvas = el('canvas', { class: 'cells' });
      const text = el('span');
      return { canvas, text, name, item: el('li', {}, canvas, text) };
    });
    const outline = new Float64Array(28 * 28);
    const scale = 28 / SIDE;
    for (let y = 0; y < 28; y += 1) {
      for (let x = 0; x < 28; x += 1) {
        const inside = y >= Math.floor(top * scale) && y <= (top + high) * scale && x >= Math.floor(left * scale) && x <= (left + wide) * scale;
        outline[y * 28 + x] = inside ? 60 : 0;
      }
    }
    const whole = [28, 28];
    [[whole, outline], [[body.rows, body.columns], body.body], [whole, frame]].forEach(([[rows, columns], values], n) => {
      const { canvas, text, name } = pose[n];
      paint(canvas, grid(1, rows, columns, 1, 0), values, 255, 'ink');
      canvas.style.width = `${2 * columns}px`;
      canvas.style.height = `${2 * rows}px`;
      put(text, words[`pose_${name}`]);
    });
    if (!steps.children.length) fill(steps, pose.map(({ item }) => item));
  };

  const build = (model) => {
    of = model;
    ground = app.ground;
    shown = '';
    fill(samples, model.samples.slice(0, 40).map((sample, n) => {
      const canvas = el('canvas', { class: 'cells' });
      const [maps, height, width] = model.network.input;
      if (maps === 3) paintColour(canvas, height, width, sample.pixels);
      else paint(canvas, grid(1, height, width, 1, 0), sample.pixels, 255, 'ink');
      return el('button', {
        type: 'button', 'aria-label': model.classes[sample.label], 'data-n': String(n),
        onclick: () => app.set({ picture: String(n), label: '' }),
      }, canvas);
    }));
    fill(labels, model.classes.map((name, k) => el('option', { value: String(k) }, name)));
  };

  const show = (scene, state) => {
    const { words } = app;
    if (of !== scene.model || ground !== app.ground) build(scene.model);
    const drawn = state.picture.startsWith('d');
    if (labels.value !== String(scene.label)) labels.value = String(scene.label);
    const key = [app.language, drawn || state.picture, scene.model.id, ground].join();
    if (key === shown) return;
    shown = key;
    root.classList.toggle('no-pen', !scene.model.drawn);
    hint.textContent = drawn ? '' : words.draw_here;
    hint.hidden = drawn;
    clear.textContent = words.clear;
    browse.textContent = words.open;
    samples.setAttribute('aria-label', words.samples);
    label.firstChild.textContent = words.label;
    pad.setAttribute('aria-label', words.draw_here);
    if (!drawn) fill(steps);
    for (const button of samples.children) button.setAttribute('aria-pressed', String(button.dataset.n === state.picture));
  };
  return { root, show };
}

/** Read a picture file into the network's own size, as it is: in proportion, on its own ground. */
async function readHere(model, blob) {
  const [maps, height, width] = model.network.input;
  const bitmap = await createImageBitmap(blob).catch(() => null);
  if (!bitmap) return null;
  const canvas = el('canvas', { width, height });
  const context = canvas.getContext('2d');
  const scale = Math.min(width / bitmap.width, height / bitmap.height);
  const size = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (width - size[0]) / 2, (height - size[1]) / 2, ...size);
  const { data } = context.getImageData(0, 0, width, height);
  const area = height * width;
  const pixels = new Uint8Array(maps * area);
  for (let n = 0; n < area; n += 1) {
    const rgb = [data[4 * n], data[4 * n + 1], data[4 * n + 2]];
    if (maps === 3) rgb.forEach((value, c) => { pixels[c * area + n] = value; });
    else pixels[n] = Math.round(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]);
  }
  const dark = maps === 1 && model.drawn && edge(pixels, height, width) > 127;
  return dark ? pixels.map((value) => 255 - value) : pixels;
}

function edge(pixels, height, width) {
  let [sum, count] = [0, 0];
  for (let n = 0; n < pixels.length; n += 1) {
    const [row, column] = [Math.floor(n / width), n % width];
    if (row === 0 || column === 0 || row === height - 1 || column === width - 1) {
      sum += pixels[n];
      count += 1;
    }
  }
  return sum / count;
}
