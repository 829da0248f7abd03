"""Features without labels: a sparse autoencoder, and what its features are good for.

`autoencoder` learns them, `softmax` classifies by them, `selftaught` does both in turn. `cost`
reckons what is minimised, in shares of the examples that threads take (`shares`), and `descent`
minimises it, by SciPy's L-BFGS.
"""
