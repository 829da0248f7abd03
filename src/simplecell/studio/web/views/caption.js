// What stands under a layer's name: its kind and the shape that it makes.

/** Write the kind of a layer and its maps, the one below the other. */
export function captionOf(layer, { maps, height, width }, words) {
  const shape = height * width === 1 ? `${maps}` : `${maps}@${height}×${width}`;
  return layer ? `${kindOf(layer, words)}\n${shape}` : shape;
}

/** Write the kind of a layer with its window. */
export function kindOf(layer, words) {
  const kind = words[`layer_${layer.type}`] ?? layer.type;
  const window = layer.kernel ?? layer.window;
  return window ? `${kind} ${window[0]}×${window[1]}` : kind;
}
