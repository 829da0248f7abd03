"""A trained model for other people's tools.

`suffix` knows which kind of file a name asks for. `onnx` writes graphs of standard operators and
reads its own back; `c/` writes C99 headers, in float and in int8. The PyTorch state dict has its
door in `engines/statedict.py`.
"""
