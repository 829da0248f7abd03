// One step of learning in four stops: forward, loss, backward, update. Each says what happens and
// shows its numbers; at the last the step is taken, and a second pass says what it did.

import { ratesOf } from '../formulas/updates.js';
import { acted, undone } from '../state/state.js';
import { updateOf } from '../state/scene.js';
import { codesOfLoss, formulaOf } from './codes.js';
import { choice, el, fill } from './dom.js';
import { num, signed } from './number.js';
import { lossLines } from './sums.js';

const STOPS = ['forward', 'loss', 'backward', 'update'];
const RULES = ['sgd', 'adam', 'sdlm'];

/** Make the bar of the four stops. */
export function stepView(app) {
  const stops = el('div', { class: 'stops', role: 'group' });
  const body = el('div', { class: 'stop-body' });
  const root = el('section', { class: 'step' }, stops, body);
  const rate = el('input', { type: 'number', min: '0', step: 'any', onchange: (event) => app.set({ rate: event.target.value }) });
  const loss = el('select', { onchange: (event) => app.set({ loss: event.target.value }) });
  let shown = '';
  const go = (way) => {
    const next = STOPS[STOPS.indexOf(app.state.stop) + way];
    if (next) app.set({ stop: next });
  };
  root.addEventListener('keydown', (event) => {
    if (event.target.tagName === 'INPUT' || event.target.tagName === 'SELECT') return;
    if (event.key === 'ArrowRight') go(1);
    if (event.key === 'ArrowLeft') go(-1);
  });

  const show = (scene, state) => {
    const { words } = app;
    // What is said of the way back is the same for every picture: a pen need not wait for it.
    const key = [app.language, state.stop, state.stop === 'backward' || [scene.key, state.rule, state.rate]].join();
    if (key === shown) return;
    shown = key;
    stops.setAttribute('aria-label', words.stops);
    const held = stops.contains(document.activeElement) ? document.activeElement.dataset.value : '';
    fill(stops, STOPS.map((name, n) => el('button', {
      type: 'button', 'data-value': name, 'aria-pressed': String(state.stop === name), onclick: () => app.set({ stop: name }),
    }, el('b', {}, String(n + 1)), ' ', words[`stop_${name}`])));
    if (held) stops.querySelector(`[data-value=${state.stop}]`)?.focus();
    const say = { forward: forwardPart, loss: lossPart, backward: backwardPart, update: updatePart }[state.stop] ?? backwardPart;
    fill(body, say(app, scene, state, { rate, loss }));
  };
  return { root, show };
}

function answer({ seen, model }) {
  const { layer, x } = seen.layers[seen.layers.length - 1];
  const sign = layer.type === 'rbf' ? -1 : 1;
  const best = x.data.reduce((found, value, k) => (sign * value > sign * x.data[found] ? k : found), 0);
  return model.classes[best];
}

function forwardPart(app, scene) {
  return [el('p', {}, app.words.say_forward.replace('{answer}', answer(scene)))];
}

function lossPart(app, scene, state, { loss }) {
  const { words } = app;
  fill(loss, scene.model.losses.map((name) => el('option', { value: name, selected: name === scene.loss }, words[`loss_${name}`] ?? name)));
  return [
    el('p', {}, words.say_loss.replace('{class}', scene.model.classes[scene.label]), ' ', el('label', {}, words.loss, ' ', loss)),
    el('div', { class: 'formula numbers', tabIndex: 0, role: 'group', 'aria-label': words.formula }, lossLines(scene.seen)),
    ...codesOfLoss(scene.loss).map((code) => formulaOf(code, app.language)),
  ];
}

function backwardPart(app) {
  return [el('p', {}, app.words.say_backward)];
}

function updatePart(app, scene, state, { rate }) {
  const { words } = app;
  const rules = choice(words.rule, RULES.filter((rule) => rule !== 'sdlm' || bends(scene)).map((name) => [name, words[`rule_${name}`]]), (rule) => app.set({ rule }));
  rules.show(state.rule);
  rate.value = state.rate;
  const last = scene.steps[scene.steps.length - 1];
  return [
    el('p', {}, words.say_update),
    el('div', { class: 'controls' }, rules, el('label', {}, words.rate, ' η ', rate),
      el('button', { type: 'button', class: 'go', onclick: () => app.set(acted(app.state, 's', state.rule, state.rate)) }, words.take_step),
      el('button', { type: 'button', disabled: !state.acts, onclick: () => app.set(undone(app.state)) }, words.undo)),
    last ? ledger(app, last, scene) : el('p', { class: 'quiet' }, expected(words, scene, state)),
  ];
}

/** Say what the gradient predicts: the step's length times the slope along it. */
function expected(words, scene, state) {
  return words.predicts.replace('{change}', signed(predicted(scene, state)));
}

function predicted(scene, state) {
  const update = updateOf(state.rule, Number(state.rate));
  if (state.rule === 'adam') return Object.values(scene.seen.gradients).reduce((all, dw) => all - Number(state.rate) * dw.reduce((a, d) => a + Math.abs(d), 0), 0);
  const h = state.rule === 'sdlm' ? scene.curvature() : {};
  let sum = 0;
  for (const [name, dw] of Object.entries(scene.seen.gradients)) {
    const rates = ratesOf(update, h[name], dw.length);
    dw.forEach((slope, n) => { sum -= rates[n] * slope * slope; });
  }
  return sum;
}

/** Whether the network's layers all have a curvature. */
function bends({ model }) {
  return model.network.layers.every(({ type }) => type !== 'batch_norm');
}

/** Set what happened beside what was predicted. */
function ledger({ words }, { before, after, predicted: told }, { steps }) {
  const facts = [
    [words.steps_taken, String(steps.length)], [words.loss_before, num(before, 4)], [words.loss_after, num(after, 4)],
    [words.change_predicted, signed(told)], [words.change_real, signed(after - before)],
  ];
  return el('dl', { class: 'facts wide', 'aria-live': 'polite' }, facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}
