// Where a window lies: how many places it has along a side, and how much border is added.

/** Give a pair [height, width] where one number may stand for both. */
export function pair(value) {
  return Array.isArray(value) ? value : [value, value];
}

/**
 * Give a layer's padding as [[top, bottom], [left, right]], for maps of a height and width below;
 * none where the layer says nothing. "same" leaves ceil(size / stride) places along each side, and
 * an odd rest goes to the bottom and to the right.
 */
export function paddingOf(layer, { height, width }) {
  if (layer.padding !== 'same') return layer.padding ?? [[0, 0], [0, 0]];
  const window = layer.kernel ?? layer.window;
  const stride = layer.stride ?? window;
  return [height, width].map((size, n) => {
    const count = Math.ceil(size / stride[n]);
    const total = Math.max(0, (count - 1) * stride[n] + window[n] - size);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** Count the places of a window along one side; with `ceil` the last may hang over the edge. */
export function places(size, window, stride, [before, after], ceil = false) {
  const free = size + before + after - window;
  let count = (ceil ? Math.ceil(free / stride) : Math.floor(free / stride)) + 1;
  // A window that would begin in the border behind the map reads nothing: it is left out.
  if (ceil && (count - 1) * stride >= size + before) count -= 1;
  return count;
}

/** Give the rows or columns of the input that the window at one place covers, borders left out. */
export function covered(place, size, window, stride, before) {
  const first = place * stride - before;
  const inside = [];
  for (let n = Math.max(first, 0); n < Math.min(first + window, size); n += 1) inside.push(n);
  return inside;
}

/** List the places whose window covers one row or column of the input, with the offset in it. */
export function covering(at, count, window, stride, before) {
  const found = [];
  for (let place = 0; place < count; place += 1) {
    const offset = at - (place * stride - before);
    if (offset >= 0 && offset < window) found.push([place, offset]);
  }
  return found;
}
