"""Train LeNet-5 on the bundled digits, test it, save it, load it again."""

import tempfile
from pathlib import Path

import simplecell as sc

data = sc.load("digits", size=32)
run = sc.fit(sc.find("lenet5"), data, epochs=8, seed=0)
assert data.test is not None
print(f"test error {sc.evaluate(run.model, data.test).error_percent:.2f} %")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "lenet5.safetensors"
    run.model.save(file)
    again = sc.load_model(file)
    print(f"saved, loaded: {sc.evaluate(again, data.test).error_percent:.2f} %")
