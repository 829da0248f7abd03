"""Write small networks as PyTorch's newer exporter does: tests/importer/files/dynamo_*.onnx.

Run once, with torch 2.13.0, onnxscript 0.7.2 and onnx 1.23.2; the tests read the files. Where
onnxscript is installed, a test exports all the networks of networks.py in this way.

    python tests/importer/make_dynamo.py
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

from networks import made

FOLDER = Path(__file__).parent / "files"
SMALL = (
    "normed_after", "leaky", "all_convolutional", "overlapping", "ceiling", "lopsided",
    "colours", "grouped",
)  # fmt: skip
"""Those that take a few tens of KB each."""


def main() -> None:
    """Write all of them."""
    for name in SMALL:
        module, shape = made(name)
        torch.onnx.export(
            module,
            (torch.zeros(2, *shape),),
            FOLDER / f"dynamo_{name}.onnx",
            dynamo=True,
            external_data=False,
            verbose=False,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )


if __name__ == "__main__":
    main()
