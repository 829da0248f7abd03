"""The formulas in JavaScript, which the studio will show, repeat the reference engine's."""

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.spec.layers import (
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS, find

from .conftest import ROOT, Silent, reader

WEB = ROOT / "src" / "simplecell" / "studio" / "web"
MOST = 1e-5
"""So far apart may a number be, of the largest of its array."""

COMPARE = """async (name) => {
  const net = await import('/web/formulas/net.js');
  const terms = await import('/web/formulas/terms.js');
  const { cellAt, shaped } = await import('/web/formulas/maps.js');
  const golden = await (await fetch(`/${name}.json`)).json();
  let worst = 0;
  const see = (found, right) => {
    const largest = right.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    if (found.length !== right.length) worst = Infinity;
    right.forEach((value, n) => {
      const apart = Math.abs(found[n] - value) / largest;
      if (!(apart <= worst)) worst = apart;
    });
  };
  const parameters = {};
  for (const [key, { shape, data }] of Object.entries(golden.parameters)) {
    parameters[key] = { shape, data: Float64Array.from(data) };
  }
  const input = shaped(golden.network.input, golden.input);
  const seen = net.trace(golden.network, parameters, input, golden.label, golden.loss);
  see([seen.value], [golden.value]);
  see(seen.dx.data, golden.dx);
  seen.layers.forEach((layer, n) => {
    const right = golden.layers[layer.layer.name];
    for (const what of ['u', 'x', 'du']) see(layer[what].data, right[what]);
    const sums = [], values = [], deltas = [], picked = [];
    for (let k = 0; k < layer.u.data.length; k += Math.ceil(layer.u.data.length / 25)) {
      const up = terms.forwardTerms(seen, n, cellAt(layer.u, k));
      sums.push(up.sum); values.push(up.value); picked.push(k);
      deltas.push(terms.backwardTerms(seen, n, cellAt(layer.u, k)).value);
    }
    see(sums, picked.map((k) => layer.u.data[k]));
    see(values, picked.map((k) => layer.x.data[k]));
    see(deltas, picked.map((k) => layer.du.data[k]));
    for (const [own, values_] of Object.entries(right.gradients)) {
      const found = seen.gradients[`${layer.layer.name}.${own}`];
      see(found, values_);
      const places = [0, found.length >> 1, found.length - 1];
      const told = places.map((at) => terms.gradientTerms(seen, n, own, at).value);
      see(told, places.map((at) => found[at]));
    }
  });
  if (!golden.curvature) return worst;
  const h = net.curvature(golden.network, parameters, input, golden.label, golden.loss);
  for (const [key, right] of Object.entries(golden.curvature)) see(h[key], right);
  for (const [rule, right] of Object.entries(golden.steps)) {
    const told = { rule, rate: 0.01, momentum: rule === 'sdlm' ? 0 : 0.9 };
    const after = net.step(seen, told, { slots: { h }, steps: 0 });
    for (const [key, values] of Object.entries(right)) see(after.parameters[key].data, values);
  }
  return worst;
}"""


def flat(values: Any) -> list[float]:
    numbers: list[float] = np.asarray(values, np.float64).ravel().tolist()
    return numbers


PADDED = Network(
    "padded",
    (2, 9, 10),
    (
        Conv("C1", 3, (3, 4), (2, 1), padding="same"),
        Conv("C2", 4, (4, 3), (1, 2), ((0, 1), (2,), (0, 2), (1,)), padding=((3, 1), (0, 2))),
        Local("L3", 2, (3, 3), (2, 2), padding="same"),
        Combine("C4", 3, (2, 2), padding=((1, 0), (0, 1)), penalty="entropy", strength=0.2),
        Dense("F5", 5, "softmax"),
    ),
)
BARE = Network(
    "no_bias",
    (2, 8, 8),
    (
        Conv("C1", 3, (3, 3), padding="same", bias=False),
        Local("L2", 2, (3, 2), bias=False),
        Conv("C3", 6, (6, 7), bias=False),
        Dense("F4", 5, "softmax", bias=False),
    ),
)
BENT = Network(
    "squashes",
    (1, 8, 8),
    (
        Conv("C1", 3, (3, 3), squash="leaky_relu(0.2)"),
        Subsample("S2", squash="softplus"),
        Dense("F3", 6, "elu"),
        Dense("F4", 5, "elu(0.5)"),
        Dense("F5", 4, "leaky_relu"),
    ),
)
OVERLAPPING = Network(
    "overlapping",
    (2, 11, 12),
    (
        Conv("C1", 3, (2, 2), squash="tanh"),
        Pool("P2", "max", (3, 3), stride=(2, 2), padding="same"),
        Pool("P3", "mean", (3, 2), "tanh", stride=(2, 1), padding=((1, 1), (0, 1)), ceil=True),
        Conv("C4", 4, (1, 1)),
        Pool("P5", "mean", (2, 4), stride=(1, 2), padding="same", ceil=True, count_padding=True),
        GlobalPool("G6", "mean", "tanh"),
        Dense("F7", 5, "softmax"),
    ),
)
LARGEST = Network(
    "largest",
    (1, 9, 10),
    (
        Conv("C1", 4, (2, 3), squash="tanh"),
        Pool("P2", "max", (2, 3), stride=(3, 2), padding=((1, 0), (0, 2)), ceil=True),
        GlobalPool("G3", "max"),
        Dense("F4", 4),
    ),
)
LEARNING = Network(
    "learning",
    (2, 9, 8),
    (
        BatchNorm("N0"),
        Conv("C1", 4, (2, 3), squash="identity"),
        Dropout("D1", 0.3),
        BatchNorm("N1", 1e-3, squash="tanh"),
        Pool("P2", "mean"),
        Dense("F3", 6, "identity"),
        BatchNorm("N3", squash="sigmoid"),
        Dropout("D3"),
        Dense("F4", 5, "softmax"),
    ),
)
"""Layers that do something else in training than in use, where the studio sees them."""

NETS = (*map(find, NETWORKS), PADDED, BARE, BENT, LEARNING, OVERLAPPING, LARGEST)


def golden(network: Network, loss: str) -> dict[str, Any]:
    """Trace one drawn example of a network through the reference engine, and take three steps.

    Of layers that learn batch by batch, only the trace: the studio sees a network in use.
    """
    rng = np.random.default_rng(5)
    drawn = initial_parameters(network, 3, "glorot")
    parameters = {
        n: np.where(w != 0, w + rng.normal(0, 0.02, w.shape), w) for n, w in drawn.items()
    }
    for n, w in parameters.items():
        if n.endswith(".variance"):
            parameters[n] = rng.uniform(0.5, 2, w.shape)
    example = Examples(rng.normal(size=(1, *network.input)), np.array([3]))
    program = Reference().program(network)
    trace = program.trace(parameters, example, loss)
    in_use_only = any(layer.learns_by_batch for layer in network.layers)
    curvature = {} if in_use_only else program.curvature(parameters, example, loss)
    steps = {}
    for rule in () if in_use_only else ("sgd", "adam", "sdlm"):
        slots = {"h": curvature} if rule == "sdlm" else {}
        state = State({n: w.copy() for n, w in parameters.items()}, slots)
        update = Update(rule, momentum=0.0 if rule == "sdlm" else 0.9)
        program.train(state, example, np.array([0]), 1, [0.01], update, loss)
        steps[rule] = {n: flat(w) for n, w in state.parameters.items()}
    return {
        "network": json.loads(network.to_json()),
        "parameters": {
            n: {"shape": list(w.shape), "data": flat(w)} for n, w in parameters.items()
        },
        "input": flat(example.pixels[0]),
        "label": 3,
        "loss": loss,
        "value": trace.loss,
        "dx": flat(trace.dx),
        "curvature": {n: flat(h) for n, h in curvature.items()} or None,
        "steps": steps,
        "layers": {
            n: {
                **{what: flat(getattr(layer, what)) for what in ("u", "x", "du")},
                "gradients": {own: flat(dw) for own, dw in layer.gradients.items()},
            }
            for n, layer in trace.layers.items()
        },
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(WEB, folder / "web")
    (folder / "blank.html").write_text("<!doctype html><title>formulas</title>", "utf-8")
    handler = functools.partial(Silent, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


CASES = [(network, loss) for network in NETS for loss in losses_of(network.layers[-1])]


@pytest.mark.parametrize(
    ("network", "loss"), CASES, ids=[f"{network.name}-{loss}" for network, loss in CASES]
)
def test_the_formulas_in_javascript_repeat_the_reference(
    served: tuple[Path, str], browser: Browser, network: Network, loss: str
) -> None:
    """Every u, x, delta, gradient, curvature, step; and the terms of cells add up to them."""
    folder, address = served
    case = f"{network.name}-{loss}"
    (folder / f"{case}.json").write_text(json.dumps(golden(network, loss)), "utf-8")
    with reader(browser, 800, "light") as read:
        page = read.opened(f"{address}/blank.html")
        assert page.evaluate(COMPARE, case) <= MOST
    (folder / f"{case}.json").unlink()
