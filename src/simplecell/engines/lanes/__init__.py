"""The compiled engine: the formulas again, as fast as they go.

A room for the curious: `layout` names the words, `plan` turns a network into instructions,
`machine` carries them out, one file per layer noun does its sums; `vector`, `product` and
`shuffle` are the words that these are made of, `registers` what the words are written with.
"""

from simplecell.engines.lanes.program import Lanes

__all__ = ["Lanes"]
