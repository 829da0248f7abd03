"""A network as one C99 header, for where there is no Python: float, or int8 for microcontrollers.

`header` puts it together and is where to begin. `stage` describes a layer as a C function:
`real` does so for floats, `whole` for whole numbers of 8 bits, which it also runs here, bit for
bit. `body` writes the functions, `text` the numbers and names, `trial` a program that tests the
header on a few pictures.
"""
