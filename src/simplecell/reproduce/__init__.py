"""The published experiments, run again: published, ours, difference, guesses.

`experiment` says what one is, `registry` which there are, one file each; `run` measures, unit
by unit, and goes on where it stopped; `table` puts published and ours side by side.
"""
