"""Follow the error back through LeNet-5, and find one kernel's gradient by Bouvrie's formula.

    dE/dk = rot180(conv2(x, rot180(delta), valid))

Source: Bouvrie 2006, 3.1.2.   Brief: D13
"""

import numpy as np
from scipy.signal import convolve2d

import simplecell as sc

data = sc.load("digits", size=32)
network = sc.find("lenet5")
model = sc.fit(network, data, epochs=1, seed=0).model
one = model.examples(data.train.pixels[:1], data.train.labels[:1])
parameters = {name: w.astype(np.float64) for name, w in model.parameters.items()}
trace = sc.engine("reference").program(network).trace(parameters, one, "cross_entropy")

print(f"a digit {data.train.labels[0]}, loss {trace.loss:.4f}")
for name, layer in trace.layers.items():
    print(f"{name:>6}  {layer.x.shape!s:>13}  largest sensitivity {np.abs(layer.du).max():.2e}")

x, delta = trace.x.reshape(32, 32), trace.layers["C1"].du[0]
by_formula = np.rot90(convolve2d(x, np.rot90(delta, 2), "valid"), 2)
by_trace = trace.layers["C1"].gradients["w"][0, 0]
print(f"C1, kernel 0: largest difference {np.abs(by_formula - by_trace).max():.1e}")
