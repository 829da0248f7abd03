"""PyTorch: the spec as a module, and the engine made of it, on other people's hardware.

`module` is for people who go on in PyTorch, `Torch` is the engine.
"""

from simplecell.engines.pytorch.net import Net, module, numbers
from simplecell.engines.pytorch.program import Torch, TorchProgram, best_device

__all__ = ["Net", "Torch", "TorchProgram", "best_device", "module", "numbers"]
