"""The way of each kind of layer into a plan: one file each, found by the layer's `type`.

`plan` says what they have in common, `entries` has the registry. The kernels that they name stand
one floor up, in files of the same noun.
"""
