// Numbers as colour: blue below 0, red above, and the farther from 0 the stronger. What is 0 lets
// the ground through.

const BELOW = { light: [37, 104, 190], dark: [98, 160, 255] };
const ABOVE = { light: [206, 58, 47], dark: [255, 112, 96] };
const INK = { light: [96, 104, 114], dark: [214, 220, 228] };
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** All 256 strengths of one colour, as pixels of a canvas. */
function strengths([red, green, blue]) {
  return Uint32Array.from({ length: 256 }, (_, alpha) => (LITTLE_ENDIAN
    ? ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0
    : ((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0));
}

const TABLES = Object.fromEntries(['light', 'dark'].map((ground) => [
  ground, { cold: strengths(BELOW[ground]), warm: strengths(ABOVE[ground]), grey: strengths(INK[ground]) },
]));

let colours = TABLES.light;

/** Choose the colours for a light or a dark ground; give whether they are others than before. */
export function onGround(ground) {
  const before = colours;
  colours = TABLES[ground];
  return before !== colours;
}

/** Give the largest size of any number, 0 left out; one scale serves a whole layer. */
export function reachOf(data) {
  let most = 0;
  for (let n = 0; n < data.length; n += 1) {
    const size = Math.abs(data[n]);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

/** Say where each map stands: so many columns of maps, with a gap of cells between them. */
export function tiling(maps, height, width) {
  if (height * width === 1) {
    const columns = Math.min(maps, maps > 40 ? Math.ceil(Math.sqrt(maps * 0.85)) : maps > 12 ? 8 : 1);
    return grid(maps, 1, 1, columns, 0);
  }
  const columns = maps === 1 ? 1 : Math.max(1, Math.round(Math.sqrt(maps * (height / width) * 0.8)));
  return grid(maps, height, width, Math.min(columns, maps), 1);
}

/** Lay maps out in so many columns. */
export function grid(maps, height, width, columns, gap) {
  const rows = Math.ceil(maps / columns);
  return {
    maps, height, width, columns, rows, gap,
    across: columns * (width + gap) - gap, down: rows * (height + gap) - gap,
  };
}

/** Give the corner of a map on its canvas, in cells. */
export function cornerOf(tiles, map) {
  const row = Math.floor(map / tiles.columns);
  return [row * (tiles.height + tiles.gap), (map - row * tiles.columns) * (tiles.width + tiles.gap)];
}

/** Give the cell [map, row, column] at a place of the canvas; null in a gap. */
export function cellUnder(tiles, y, x) {
  const row = Math.floor(y / (tiles.height + tiles.gap));
  const column = Math.floor(x / (tiles.width + tiles.gap));
  const map = row * tiles.columns + column;
  const cell = [map, y - row * (tiles.height + tiles.gap), x - column * (tiles.width + tiles.gap)];
  const inside = column >= 0 && column < tiles.columns && map >= 0 && map < tiles.maps
    && cell[1] >= 0 && cell[1] < tiles.height && cell[2] >= 0 && cell[2] < tiles.width;
  return inside ? cell : null;
}

/** Paint maps onto a canvas, a pixel for each cell; the style makes it larger. */
export function paint(canvas, tiles, data, reach, look = 'signed') {
  if (canvas.width !== tiles.across || canvas.height !== tiles.down) {
    canvas.width = tiles.across;
    canvas.height = tiles.down;
    canvas.image = null;
  }
  const context = canvas.getContext('2d');
  if (!canvas.image) {
    canvas.image = context.createImageData(tiles.across, tiles.down);
    canvas.pixels = new Uint32Array(canvas.image.data.buffer);
  }
  const { pixels } = canvas;
  const { cold, warm, grey } = colours;
  const scale = 255 / reach;
  const { height, width, across } = tiles;
  for (let map = 0, n = 0; map < tiles.maps; map += 1) {
    const [top, left] = cornerOf(tiles, map);
    for (let row = 0; row < height; row += 1) {
      let at = (top + row) * across + left;
      for (let column = 0; column < width; column += 1, n += 1, at += 1) {
        const strength = data[n] * scale;
        if (look === 'ink') pixels[at] = grey[strength <= 0 ? 0 : strength >= 255 ? 255 : strength | 0];
        else if (strength < 0) pixels[at] = cold[strength <= -255 ? 255 : (0.5 - strength) | 0];
        else pixels[at] = warm[strength >= 255 ? 255 : (strength + 0.5) | 0];
      }
    }
  }
  context.putImageData(canvas.image, 0, 0);
}

/** Paint a picture of three colours, its values from 0 to 255. */
export function paintColour(canvas, height, width, values) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  const area = height * width;
  for (let n = 0; n < area; n += 1) {
    for (let c = 0; c < 3; c += 1) image.data[4 * n + c] = values[c * area + n];
    image.data[4 * n + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
