// How a drawing becomes what the network reads: the box around the ink, its longer side scaled to
// 20 pixels, its centre of mass put into the middle of 28 x 28, as MNIST's digits stand.
//
// Source: LeCun et al. 1998, III.A.

const BODY = 20;
const FRAME = 28;
const SHADES = 15;

/** Find the box [top, left, height, width] of all ink; null where there is none. */
export function inkBox(ink, height, width) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let row = 0, n = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, n += 1) {
      if (ink[n] > 40) {
        if (row < top) top = row;
        if (row > bottom) bottom = row;
        if (column < left) left = column;
        if (column > right) right = column;
      }
    }
  }
  return bottom < 0 ? null : [top, left, bottom - top + 1, right - left + 1];
}

/** Scale the box so that its longer side has 20 pixels, each the mean of what it covers. */
export function scaledBody(ink, width, [top, left, high, wide]) {
  const scale = BODY / Math.max(high, wide);
  const rows = Math.max(1, Math.round(high * scale));
  const columns = Math.max(1, Math.round(wide * scale));
  const body = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i += 1) {
    const from = top + Math.floor((i * high) / rows);
    const to = Math.max(from + 1, top + Math.floor(((i + 1) * high) / rows));
    for (let j = 0; j < columns; j += 1) {
      const first = left + Math.floor((j * wide) / columns);
      const end = Math.max(first + 1, left + Math.floor(((j + 1) * wide) / columns));
      let sum = 0;
      for (let y = from; y < to; y += 1) for (let x = first; x < end; x += 1) sum += ink[y * width + x];
      body[i * columns + j] = sum / ((to - from) * (end - first));
    }
  }
  return { rows, columns, body };
}

/** Put the body into the frame, its centre of mass in the middle, to the pixel. */
export function framedBody({ rows, columns, body }) {
  let [mass, y, x] = [0, 0, 0];
  for (let i = 0, n = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1, n += 1) {
      mass += body[n];
      y += body[n] * i;
      x += body[n] * j;
    }
  }
  const top = Math.min(Math.max(Math.round(FRAME / 2 - y / mass), 0), FRAME - rows);
  const left = Math.min(Math.max(Math.round(FRAME / 2 - x / mass), 0), FRAME - columns);
  const frame = new Float64Array(FRAME * FRAME);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) frame[(top + i) * FRAME + left + j] = body[i * columns + j];
  }
  return frame;
}

/** Bring ink (0 to 255) into the frame; each step is kept, to be shown. */
export function posed(ink, height, width) {
  const box = inkBox(ink, height, width);
  if (!box) return null;
  const body = scaledBody(ink, width, box);
  const frame = framedBody(body);
  const shades = Uint8Array.from(frame, (value) => Math.round((SHADES * Math.min(255, value)) / 255));
  return { box, body, frame, shades };
}
