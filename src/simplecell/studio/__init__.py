"""The studio: a network that one can see through, forward and backward, in a browser.

The page in `web/` is the same everywhere: `page` joins its files into one, which opens from a
folder; `notebook` puts that one into a notebook; `server` hands them out one by one. `document` is
a model as the page reads it.

Of the server, `answer` is pure: a request, a `Studio`, a response; all routes stand there in one
table. `gate` says who may ask, `asset` gives the page's files, `models` the models, `sets` the
pictures, `reading` a stranger's picture as a model reads it. `job` starts and hears processes,
which are `worker`: `training` trains a network there, `dictionary` learns features; they are told
what to do by a `pipe`, and have a run to themselves by a `claim`. What is left on disk is
`journal` and `snapshots`; `jobs` has all jobs. `server` is the thin part that has sockets.
"""
