"""The C of each kind of layer: one file each; `entries` finds that of a layer."""
