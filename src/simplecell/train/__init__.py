"""Training: one loop, what it follows, and what it leaves on disk.

`loop.fit` is the only training loop. It follows a `Recipe` (recipes, departures, schedules,
optimisers), reads what `sampler` gives it pass by pass, keeps an `average`, reports through
`callbacks`, is judged by `evaluation`, and writes a run folder (settings, disk, checkpoint,
history, model, folder) from which it can go on, bit for bit. `boosting` trains three networks.
"""
