// Where models and pictures come from: the file itself, or the server that handed out the page.

import { bytesOf, floatsOf, unzipped } from './packed.js';

const SHOWN = 120;

/** Find out where the page lives. */
export async function findHome() {
  const packed = document.getElementById('data');
  if (packed) return fileHome(await unzipped(packed.textContent));
  return serverHome();
}

/** Unpack the document of a model that stands in the file: numbers from base64. */
function unpacked(document) {
  const parameters = {};
  for (const [name, { shape, data }] of Object.entries(document.parameters)) {
    parameters[name] = { shape, data: floatsOf(data) };
  }
  return { ...document, parameters, samples: samplesOf(document.samples) };
}

/** Unpack pictures: each its pixels, 0 to 255, and its label. */
function samplesOf(packed) {
  if (!packed) return [];
  const bytes = bytesOf(packed.pixels);
  const size = packed.shape.slice(1).reduce((a, b) => a * b, 1);
  return packed.labels.map((label, n) => ({ label, pixels: bytes.subarray(n * size, (n + 1) * size) }));
}

function fileHome({ language, state, models }) {
  return {
    server: false,
    language,
    state,
    first: '0',
    models: async () => models.map(({ title }, n) => ({ id: String(n), title })),
    model: async (id) => unpacked(models[Number(id)] ?? models[0]),
  };
}

/** Fetch from the server; where nobody answers, the error is of the kind 'gone'. */
async function reached(path, options) {
  try {
    return await fetch(path, options);
  } catch (problem) {
    throw Object.assign(problem, { kind: 'gone' });
  }
}

/** Say what went wrong, in the page's language where the page knows it. */
export function faultIn(words, problem) {
  return problem.kind === 'gone' ? words.gone : problem.message;
}

/** Ask the server; what changes something carries a header that no other page can set. */
export async function asked(path, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Simplecell': '1' }, body: JSON.stringify(body),
  };
  const answer = await reached(path, options);
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.error?.message ?? `${answer.status}`), { status: answer.status });
  return found;
}

/** Ask the server for float32 numbers, laid out as its `arrays` say. */
export async function numbersOf(path, arrays) {
  const answer = await reached(path);
  if (!answer.ok) throw new Error((await answer.json()).error?.message ?? `${answer.status}`);
  const floats = new Float32Array(await answer.arrayBuffer());
  const found = {};
  let at = 0;
  for (const { name, shape } of arrays) {
    const size = shape.reduce((a, b) => a * b, 1);
    found[name] = { shape, data: Float64Array.from(floats.subarray(at, at + size)) };
    at += size;
  }
  return found;
}

async function serverHome() {
  const sets = (await asked('api/sets')).sets;
  const models = async () => (await asked('api/models')).models.map(({ id, name, kind }) => ({ id, title: name, kind }));
  const all = await models();
  const first = (all.find(({ kind }) => kind !== 'zoo') ?? all.find(({ id }) => id === 'zoo:lenet5') ?? all[0]).id;
  return {
    server: true, language: '', state: '', first, models, sets, model: (id) => served(id || first, sets), read: readThere,
  };
}

/** Fetch a model: what it is, its weights, and pictures such as it learned from. */
async function served(id, sets) {
  const path = `api/models/${encodeURIComponent(id)}`;
  const told = await asked(path);
  const parameters = await numbersOf(`${path}/weights`, told.arrays);
  const samples = await samplesFor(told, sets);
  return { ...told, title: told.name, parameters, samples };
}

/** Name the data that a model learned from; nothing where it does not say. */
export function learnedFrom({ training }) {
  return training?.data?.name ?? training?.data ?? '';
}

async function samplesFor(told, sets) {
  const here = sets.filter((one) => one.here);
  // What it learned from, what the command named, then what there always is.
  const wanted = [learnedFrom(told), ...here.filter(({ own }) => own).map(({ name }) => name), 'mnist', 'digits'];
  for (const name of wanted.filter((one) => here.some((set) => set.name === one))) {
    const query = new URLSearchParams({ set: name, model: told.id, part: 'test', index: `0-${SHOWN - 1}` });
    // Pictures that this network cannot read are no fault: others are tried, or none are shown.
    const found = await asked(`api/digits?${query}`).catch(() => null);
    if (found && found.labels.every((label) => label < told.classes.length)) {
      return samplesOf({ ...found.pixels, pixels: found.pixels.data, labels: found.labels });
    }
  }
  return [];
}

/** Let the server read a picture as the model reads it; give the pixels. */
async function readThere(model, blob) {
  const picture = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });
  const found = await asked('api/input', { model: model.id, picture });
  return bytesOf(found.pixels.data);
}
