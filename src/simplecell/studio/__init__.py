"""The studio: a network that one can see through, forward and backward, in a browser.

The page in `web/` is the same everywhere: files of JavaScript that a server hands out one by one,
or that `page.py` joins into one file, which opens from a folder.
"""
