"""Ask plain ONNX Runtime and simplecell about the same pictures, and compare.

    simplecell export RUN model.onnx
    python benchmarks/agree.py RUN model.onnx DATA

It fails where, on the test part of DATA, an answer is another one, or a score is off by more than
1e-5 of the largest. The scores of a softmax are its probabilities.
"""

import argparse
import sys

import numpy as np
import onnxruntime

from simplecell.data.sources import load
from simplecell.engines.choose import engine
from simplecell.engines.protocol import scores
from simplecell.train.model import load_model

DIFFERENCE = 1e-5


def main() -> None:
    """Ask both about every picture of the test part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="a run folder, or a model file")
    parser.add_argument("graph", help="the .onnx file made from it")
    parser.add_argument("data")
    told = parser.parse_args()
    model = load_model(told.run)
    channels, *sides = model.network.input
    crop = model.reading == "cropped"
    data = load(told.data, size=(sides[0], sides[1]), channels=channels, crop=crop)
    pixels = (data.train if data.test is None else data.test).pixels
    program = engine("auto").program(model.network)
    ours = scores(model.network, program.forward(model.parameters, model.examples(pixels)))
    session = onnxruntime.InferenceSession(told.graph)
    labels, _, theirs = session.run(None, {"pixels": np.asarray(pixels)})
    apart = float(np.abs(ours - theirs).max() / np.abs(ours).max())
    other = int((ours.argmax(axis=1) != labels).sum())
    print(
        f"ONNX Runtime {onnxruntime.__version__} on {len(pixels):,} pictures: {other} other"
        f" answers, scores at most {apart:.1e} apart"
    )
    if other or apart > DIFFERENCE:
        sys.exit(f"{told.graph} does not answer as {told.run} does.")


if __name__ == "__main__":
    main()
