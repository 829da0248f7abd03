"""The compiled engine: the formulas again, as fast as they go.

A room for the curious: `fields` names the words, `plan` turns a network into instructions,
`machine` carries them out, one kernel file per layer noun does the sums, `vector` is the registers.
"""

from simplecell.engines.lanes.program import Lanes

__all__ = ["Lanes"]
