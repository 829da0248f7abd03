"""Where pictures come from: always uint8, always refused by name and reason when damaged.

`sources` is the door: `load` gives a `Dataset`, `split` puts a validation part aside.
`idx`, `npz`, `folder`, `digits`, `fetch`, `picture` read one kind each; `normalise` pads and
scales; `batches` shuffles; `distort` does what a `distortion` says.
"""
