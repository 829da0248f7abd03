"""The formulas bound to the spec: one file for each kind of layer.

`formulas` says what every kind must answer, `entries` finds the answer for a layer.
"""
