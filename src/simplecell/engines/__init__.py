"""What makes a network run: each engine is as `protocol` says, and `choose` gives it by name.

    reference   the formulas themselves, walked in float64: slow, and right
    lanes       the same formulas, compiled
    torch       the same network as a PyTorch module

An engine is a value that is passed in, never a global.
"""
