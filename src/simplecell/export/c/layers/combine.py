"""Learned combinations in C: the convolution that they make."""

from simplecell.export.c.layers.code import Code, Own
from simplecell.formulas.activations import softmax
from simplecell.formulas.combine import mixed_kernels
from simplecell.spec.layers.combine import Combine
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.layer import Layer


class CombineCode(Code[Combine]):
    """A convolution, before anything is asked of it."""

    @classmethod
    def plainly(cls, layer: Combine, own: Own) -> tuple[Layer, Own]:
        """Mix the kernels."""
        mixed = {"w": mixed_kernels(own["w"], softmax(own["choice"])), "b": own["b"]}
        sides = (layer.name, layer.maps, layer.kernel, layer.stride)
        return Conv(*sides, squash=layer.squash, padding=layer.padding), mixed
