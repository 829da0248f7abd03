// What the page shows, as one value that is never changed: each act makes a new one.
// All of it stands in the address behind '#', so that an address opens the same view again.
//
//   acts   what was done to the network and the picture since it was loaded, in order:
//          w:C1.w:12:0.5    a weight was set          p:540:1.2    a pixel was set
//          s:sgd:0.01       one step was taken

/** The state of a page that has just been opened. */
export const START = Object.freeze({
  view: 'network', language: '', theme: 'auto', model: '', picture: '0', label: '', stop: 'backward',
  cell: '', direction: 'forward', weight: '', loss: '', rule: 'sgd', rate: '0.01', acts: '', kernel: '',
  lesson: '',
});

/** Make a new state with some of its parts replaced. */
export function changed(state, patch) {
  return Object.freeze({ ...state, ...patch });
}

/** Write a state into the address, leaving out what is as at the start. */
export function hashOf(state) {
  const parts = [];
  for (const [name, value] of Object.entries(state)) {
    if (value !== START[name]) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.length ? `#${parts.join('&')}` : '';
}

/** Read a state from an address; what is not known is left out. */
export function stateOf(hash) {
  const found = {};
  for (const part of hash.replace(/^#/, '').split('&')) {
    const [name, value = ''] = part.split('=');
    if (name in START) found[name] = decoded(value);
  }
  return changed(START, found);
}

function decoded(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

/** Name a cell, as 'C3.4.2.7': the layer, its map, row and column. */
export function cellName(layer, [map, row, column]) {
  return [layer, map, row, column].join('.');
}

/** Read the name of a cell; null where it names none. */
export function cellNamed(name) {
  const parts = name.split('.');
  if (parts.length !== 4) return null;
  const cell = parts.slice(1).map(Number);
  return cell.every(Number.isInteger) ? { layer: parts[0], cell } : null;
}

/** List what was done, each act as its words. */
export function actsOf(state) {
  return state.acts ? state.acts.split(',').map((act) => act.split(':')) : [];
}

/** Do one thing more. An act on the same weight or pixel as the last one takes its place. */
export function acted(state, ...words) {
  const acts = state.acts ? state.acts.split(',') : [];
  const place = words.slice(0, -1).join(':');
  if (words[0] !== 's' && acts.length && acts[acts.length - 1].startsWith(`${place}:`)) acts.pop();
  acts.push(words.join(':'));
  return changed(state, { acts: acts.join(',') });
}

/** Take the last act back. */
export function undone(state) {
  return changed(state, { acts: state.acts.split(',').slice(0, -1).join(',') });
}
