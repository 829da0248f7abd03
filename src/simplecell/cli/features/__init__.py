"""`simplecell features`: learn features without labels, look at them, put them to use."""

import typer

from simplecell.cli.features.encode import encode
from simplecell.cli.features.learn import learn
from simplecell.cli.features.pipeline import pipeline
from simplecell.cli.features.show import show
from simplecell.cli.help import register

features = typer.Typer(no_args_is_help=True)
for command in (learn, show, encode, pipeline):
    register(features, command.__name__, command)


@features.callback()
def about() -> None:
    """Learn features without labels, look at them, put them to use."""
