"""Features without labels: a sparse autoencoder, and what its features are good for.

`autoencoder` learns them, `softmax` classifies by them, `selftaught` does both in turn. `cost`
reckons what is minimised, in shares of the examples that threads take (`shares`), and `descent`
minimises it, by SciPy's L-BFGS. `stack` puts one on the other and fine-tunes the whole.

`source` takes pictures without labels, `preparation` says what is done to their pixels, `presets`
how the tutorial does it for which pictures; a `bank` is what was learnt, in one file, and `sheet`
draws it.

`dictionary` folds whitening into features of patches, `convolved` slides them over pictures of any
size and pools them by regions (`windows` says which places and regions there are), and `pooled`
classifies by what comes of that.
"""
