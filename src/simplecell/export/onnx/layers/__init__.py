"""The ONNX nodes of each kind of layer: one file each; `entries` finds those of a layer."""
