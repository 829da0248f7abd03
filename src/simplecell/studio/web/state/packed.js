// Numbers as they travel: base64 of bytes, and a document compressed by gzip.

/** Give the bytes that base64 stands for. */
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let n = 0; n < raw.length; n += 1) bytes[n] = raw.charCodeAt(n);
  return bytes;
}

/** Give float32 numbers as float64, which all formulas reckon in. */
export function floatsOf(text) {
  return Float64Array.from(new Float32Array(bytesOf(text).buffer));
}

/** Write small whole numbers, 0 to 15, two in a byte; an address holds them. */
export function nibblesToText(values) {
  let raw = '';
  for (let n = 0; n < values.length; n += 2) {
    raw += String.fromCharCode((values[n] << 4) | (values[n + 1] ?? 0));
  }
  return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Read them again. */
export function nibblesOf(text, count) {
  const bytes = bytesOf(text.replace(/-/g, '+').replace(/_/g, '/'));
  const values = new Uint8Array(count);
  for (let n = 0; n < count; n += 1) values[n] = n % 2 ? bytes[n >> 1] & 15 : bytes[n >> 1] >> 4;
  return values;
}

/** Read a JSON document that was compressed by gzip and written as base64. */
export async function unzipped(text) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}
