// The bar of learning: start, pause, the curve, and snapshots to go back to. All maps, kernels and
// the open cell move along.

import { freshWeights, makeLearner, mean } from '../state/learning.js';
import { choice, el, fill } from './dom.js';
import { lineChart } from './chart.js';
import { num } from './number.js';

const PORTION = 12;

/** Make the bar. */
export function learnView(app) {
  const root = el('section', { class: 'learn' });
  let learner = null;
  let running = false;
  let speed = 0;
  let of = null;
  let shown = '';

  const use = (parameters, name) => {
    learner = makeLearner(of, parameters, name);
    app.base(baseOf());
  };
  const baseOf = () => ({ version: `${learner.name}${learner.seen}`, parameters: learner.parameters });

  const tick = () => {
    if (!running) return;
    const { state, scene } = app;
    const [begun, first] = [performance.now(), learner.seen];
    const fine = learner.advance(PORTION, scene.loss, state.rule, Number(state.rate));
    const took = performance.now() - begun;
    speed = 0.9 * (speed || (1000 * (learner.seen - first)) / took) + (100 * (learner.seen - first)) / took;
    if (!fine) running = false;
    app.base(baseOf());
    if (running) requestAnimationFrame(tick);
  };
  const toggle = () => {
    running = !running;
    learner.bad = '';
    app.set({ acts: '' });
    if (running) requestAnimationFrame(tick);
  };

  const show = (scene, state) => {
    const { words } = app;
    if (of !== scene.model) {
      of = scene.model;
      running = false;
      learner = makeLearner(of, of.parameters, 'm');
    }
    const rules = choice(words.rule, [['sgd', words.rule_sgd], ['adam', words.rule_adam]], (rule) => app.set({ rule }));
    rules.show(state.rule === 'adam' ? 'adam' : 'sgd');
    const rate = el('input', { type: 'number', min: '0', step: 'any', value: state.rate, onchange: (event) => app.set({ rate: event.target.value }) });
    const back = el('input', {
      type: 'range', min: '0', max: String(learner.snapshots.length - 1), value: String(learner.snapshots.length - 1), 'aria-label': words.learn_back,
      onchange: (event) => {
        running = false;
        learner.back(Number(event.target.value));
        app.base(baseOf());
      },
    });
    const facts = [
      [words.learn_seen, String(learner.seen)], [words.learn_speed, running ? num(speed, 2) : '–'],
      [words.learn_loss, learner.losses.length ? num(mean(learner.losses)) : '–'],
      [words.learn_wrong, learner.answers.length ? String(learner.answers.reduce((a, b) => a + b, 0)) : '–'],
    ];
    if (running && shown === app.language && root.querySelector('.facts')) {
      root.querySelector('.facts').replaceWith(factList(facts));
      root.querySelector('.curve').replaceWith(lineChart(learner.curve, words.learn_loss, words));
      return;
    }
    shown = running ? app.language : '';
    fill(
      root, el('p', {}, words.learn_say.replace('{n}', String(of.samples.length))),
      el('div', { class: 'controls' }, el('button', { type: 'button', class: 'go', onclick: toggle, disabled: !of.samples.length }, running ? words.learn_stop : words.learn_start),
        el('button', { type: 'button', onclick: () => use(freshWeights(of), 'f') }, words.learn_fresh),
        el('button', { type: 'button', onclick: () => use(of.parameters, 'm') }, words.learn_reset), rules, el('label', {}, words.rate, ' η ', rate)),
      learner.bad ? el('p', { class: 'bad', role: 'alert' }, words.learn_bad.replace('{layer}', learner.bad).replace('{n}', String(learner.seen))) : null,
      el('div', { class: 'course' }, factList(facts), lineChart(learner.curve, words.learn_loss, words)),
      learner.snapshots.length > 1 ? el('label', { class: 'back' }, words.learn_back, ' ', back) : null,
    );
  };
  const leave = () => { running = false; };
  return { root, show, leave };
}

function factList(facts) {
  return el('dl', { class: 'facts' }, facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}
