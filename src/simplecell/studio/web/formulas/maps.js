// The values of one example in one layer: maps of height x width cells, row after row.
// Every formula reads and writes these; all numbers are float64, as in the reference engine.

/** Make maps filled with 0. */
export function zeros(maps, height, width) {
  return { maps, height, width, data: new Float64Array(maps * height * width) };
}

/** Make maps of the same shape as others, filled with 0. */
export function like(other) {
  return zeros(other.maps, other.height, other.width);
}

/** Make maps of a shape [maps, height, width] from a flat list of numbers. */
export function shaped([maps, height, width], values) {
  return { maps, height, width, data: Float64Array.from(values) };
}

/** Give the shape [maps, height, width]. */
export function shapeOf(x) {
  return [x.maps, x.height, x.width];
}

/** Give the place of a cell [map, row, column] in the flat list. */
export function placeOf(x, [map, row, column]) {
  return (map * x.height + row) * x.width + column;
}

/** Give the cell [map, row, column] at a place of the flat list. */
export function cellAt(x, place) {
  const area = x.height * x.width;
  const map = Math.floor(place / area);
  const inside = place - map * area;
  const row = Math.floor(inside / x.width);
  return [map, row, inside - row * x.width];
}

/** Give the value of one cell; outside the maps, where padding lies, it is 0. */
export function valueAt(x, [map, row, column]) {
  if (row < 0 || row >= x.height || column < 0 || column >= x.width) return 0;
  return x.data[placeOf(x, [map, row, column])];
}

/** Surround every map with a border of one value: padding is [[top, bottom], [left, right]]. */
export function padded(x, [[top, bottom], [left, right]], fill = 0) {
  if (top + bottom + left + right === 0) return x;
  const wide = zeros(x.maps, x.height + top + bottom, x.width + left + right);
  if (fill !== 0) wide.data.fill(fill);
  for (let map = 0; map < x.maps; map += 1) {
    for (let row = 0; row < x.height; row += 1) {
      const start = placeOf(x, [map, row, 0]);
      const target = placeOf(wide, [map, row + top, left]);
      wide.data.set(x.data.subarray(start, start + x.width), target);
    }
  }
  return wide;
}

/** Take the border off again. */
export function cropped(wide, [[top, bottom], [left, right]]) {
  if (top + bottom + left + right === 0) return wide;
  const x = zeros(wide.maps, wide.height - top - bottom, wide.width - left - right);
  for (let map = 0; map < x.maps; map += 1) {
    for (let row = 0; row < x.height; row += 1) {
      const start = placeOf(wide, [map, row + top, left]);
      x.data.set(wide.data.subarray(start, start + x.width), placeOf(x, [map, row, 0]));
    }
  }
  return x;
}

/** Multiply two lists of numbers place by place. */
export function times(a, b) {
  const product = like(a);
  for (let n = 0; n < product.data.length; n += 1) product.data[n] = a.data[n] * b.data[n];
  return product;
}

/** Square every value. */
export function squared(x) {
  return times(x, x);
}
