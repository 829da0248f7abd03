"""Each kind of layer as a torch module: one file each; `entries` finds the one of a layer."""
