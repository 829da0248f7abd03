"""Follow the error back through LeNet-5, and find one kernel's gradient as MATLAB would.

    dE/dk = rot180(conv2(x, rot180(delta), valid))

conv2 turns its kernel round before it lays it down; our w lies as it is printed, so k = rot180(w).

Source: Bouvrie 2006, 3.1.2.   Brief: D13
"""

import numpy as np
from scipy.signal import convolve2d

import simplecell as sc

data = sc.load("digits", size=32)
network = sc.find("lenet5")
model = sc.fit(network, data, epochs=1, seed=0).model
one = model.examples(data.train.pixels[:1], data.train.labels[:1])
trace = sc.engine("reference").program(network).trace(model.parameters, one, "cross_entropy")

print(f"a digit {data.train.labels[0]}, loss {trace.loss:.4f}")
for name, layer in trace.layers.items():
    print(f"{name:>6}  {layer.x.shape!s:>13}  largest sensitivity {np.abs(layer.du).max():.2e}")

x, delta = trace.x.reshape(32, 32), trace.layers["C1"].du[0]
dk = np.rot90(convolve2d(x, np.rot90(delta, 2), "valid"), 2)
dw = trace.layers["C1"].gradients["w"][0, 0]
print(
    f"C1, kernel 0: the two gradients differ by {np.abs(dk - np.rot90(dw, 2)).max():.1e} at most"
)
