// Where models and pictures come from: the file itself, or the server that handed out the page.

import { unzipped } from './packed.js';

/** Find out where the page lives. */
export async function findHome() {
  const packed = document.getElementById('data');
  if (packed) return fileHome(await unzipped(packed.textContent));
  return serverHome();
}

function fileHome({ language, models }) {
  return {
    server: false,
    language,
    models: models.map(({ title }, n) => ({ id: String(n), title })),
    model: async (id) => models[Number(id)] ?? models[0],
  };
}

/** Ask the server; every question carries a header that no other page can set. */
export async function asked(path, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Simplecell': '1' }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? `${answer.status}`);
  return found;
}

async function serverHome() {
  const { models, language } = await asked('api/models');
  return {
    server: true, language, models, model: (id) => asked(`api/models/${id || models[0].id}`),
  };
}
