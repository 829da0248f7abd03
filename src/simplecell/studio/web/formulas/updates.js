// How a gradient moves a parameter. Each function gives new values and changes none.
//
//   sgd    v = momentum * v + dw        w = (1 - rate * decay) * w - rate * v
//   adam   m, v: running means of dw and dw^2;  w moves by m' / (sqrt(v') + epsilon)
//   sdlm   each weight has its own rate:  rate / (mu + h)
//
// Source: LeCun et al. 1998, appendix C; Kingma and Ba 2015.   Brief: D8, F

function sgd({ w, dw, v }, { rate, momentum = 0, decay = 0 }) {
  const sum = momentum ? v.map((old, n) => momentum * old + dw[n]) : dw;
  return { w: w.map((old, n) => (1 - rate * decay) * old - rate * sum[n]), v: momentum ? sum : v };
}

function adam({ w, dw, m, v, steps }, settings) {
  const { rate, momentum = 0.9, second = 0.999, epsilon = 1e-8, decay = 0 } = settings;
  const mean = m.map((old, n) => momentum * old + (1 - momentum) * dw[n]);
  const square = v.map((old, n) => second * old + (1 - second) * dw[n] * dw[n]);
  const grown = 1 - momentum ** steps;
  const settled = 1 - second ** steps;
  const next = w.map((old, n) => {
    const size = Math.sqrt(square[n] / settled) + epsilon;
    return (1 - rate * decay) * old - (rate * mean[n]) / grown / size;
  });
  return { w: next, m: mean, v: square };
}

function sdlm({ w, dw, h }, { rate, mu = 0.02, decay = 0 }) {
  const next = w.map((old, n) => {
    const step = rate / (mu + h[n]);
    return (1 - step * decay) * old - step * dw[n];
  });
  return { w: next, h };
}

const RULES = { sgd, adam, sdlm };

/** Give the rate that one weight moves at: the rule's, or, with sdlm, its own. */
export function ratesOf(update, curvature, length) {
  if (update.rule !== 'sdlm') return new Float64Array(length).fill(update.rate);
  return curvature.map((h) => update.rate / ((update.mu ?? 0.02) + h));
}

/** Move every parameter once; `slots` holds what the rule remembers, by slot and name. */
export function moved(parameters, gradients, update, { slots = {}, steps = 0 } = {}) {
  const after = {};
  const kept = {};
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    const dw = gradients[name];
    if (!dw) { // What is kept and not learned, such as a running mean.
      after[name] = { shape, data };
      continue;
    }
    const zero = () => new Float64Array(data.length);
    const own = { w: data, dw, steps: steps + 1 };
    for (const slot of ['m', 'v', 'h']) own[slot] = slots[slot]?.[name] ?? zero();
    const { w, ...rest } = RULES[update.rule](own, update);
    after[name] = { shape, data: w };
    for (const [slot, values] of Object.entries(rest)) {
      kept[slot] = { ...kept[slot], [name]: values };
    }
  }
  return { parameters: after, slots: kept, steps: steps + 1 };
}
