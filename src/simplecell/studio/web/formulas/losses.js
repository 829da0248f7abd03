// Losses: how wrong one answer is, what that says to the last layer's u, and how it bends there.
//
//   cross_entropy   e = log sum_k e^s_k - s_label            s = u, or minus the distances
//   squared_error   e = 1/2 sum_k (t_k - y_k)^2              t one-of-c
//   mean_square     e = u_label                              of distances
//   map             e = y_label + log(e^-j + sum_k e^-y_k)   of distances, rubbish at j
//   halved_map      e = the same of y / 2
//   scaled_map      e = the same of y / 8
//
// Source: LeCun et al. 1998, II.C, equations 8 and 9; Bouvrie 2006, 2.1.   Brief: D1-D3, D7, F

import { like } from './maps.js';
import { slopes, softmax } from './squash.js';

// The rubbish class stands as far from every code as the two nearest codes from each other.
export const POSTERIORS = {
  map: { j: 24, share: 1 }, halved_map: { j: 12, share: 0.5 }, scaled_map: { j: 3, share: 0.125 },
};

/** Write a label as one-of-c outputs that the squashing function can reach. */
export function targets(label, classes, squash) {
  const low = squash === 'tanh' || squash === 'scaled_tanh' ? -1 : 0;
  return Float64Array.from({ length: classes }, (_, k) => (k === label ? 1 : low));
}

/** Give the scores of a loss, the largest of which wins, and how much a unit of u counts. */
function scoresOf(loss, rbf, u) {
  if (loss in POSTERIORS) {
    const { j, share } = POSTERIORS[loss];
    return { scores: [...Array.from(u, (y) => -share * y), -j], share: -share };
  }
  const sign = rbf ? -1 : 1;
  return { scores: Array.from(u, (y) => sign * y), share: sign };
}

/** Give the loss e, and dE/du of the last layer; `parts` is what the loss is made of. */
export function lossOf(loss, top, label) {
  const du = like(top.u);
  const u = top.u.data;
  if (loss === 'squared_error') {
    const t = targets(label, u.length, top.layer.squash);
    const slope = slopes(top.layer.squash, top.u, top.x).data;
    const parts = Array.from(t, (goal, k) => 0.5 * (goal - top.x.data[k]) ** 2);
    t.forEach((goal, k) => { du.data[k] = slope[k] * (top.x.data[k] - goal); });
    return { value: parts.reduce((a, b) => a + b, 0), du, parts, targets: t };
  }
  if (loss === 'mean_square') {
    du.data[label] = 1;
    return { value: u[label], du, parts: [u[label]] };
  }
  const { scores, share } = scoresOf(loss, top.layer.type === 'rbf', u);
  const probabilities = softmax(scores);
  const largest = Math.max(...scores);
  const sum = scores.reduce((total, s) => total + Math.exp(s - largest), 0);
  const total = Math.log(sum) + largest;
  for (let k = 0; k < u.length; k += 1) {
    du.data[k] = share * (probabilities[k] - (k === label ? 1 : 0));
  }
  return { value: total - scores[label], du, parts: [-scores[label], total], probabilities };
}

/** Give the slope and the curvature on the last layer's u that the rule sdlm begins with. */
export function topCurvature(loss, top, label) {
  const du = like(top.u);
  const hu = like(top.u);
  if (top.layer.type === 'rbf') {
    // Whatever the loss of distances, sdlm begins with the curvature of the paper's MSE.
    du.data[label] = loss in POSTERIORS ? POSTERIORS[loss].share : 1;
  } else if (loss === 'squared_error') {
    slopes(top.layer.squash, top.u, top.x).data.forEach((s, k) => { hu.data[k] = s * s; });
  } else {
    softmax(top.u.data).forEach((p, k) => { hu.data[k] = p * (1 - p); });
  }
  return { du, hu };
}
