"""Training: one loop, what it follows, and what it leaves on disk.

`loop.fit` is the only training loop. It follows a `Recipe` (recipes, schedules, optimisers),
reports through `callbacks`, is judged by `evaluation`, and writes a run folder (disk,
checkpoint, history, model, folder) from which it can go on, bit for bit.
"""
