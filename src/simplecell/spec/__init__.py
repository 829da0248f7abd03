"""What a network is: pure data, the standard library only.

`layers` names the parts, `network` puts them together and checks their shapes,
`zoo` holds the published ones, `accounting` counts without allocating.
"""
