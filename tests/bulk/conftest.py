"""Commands are run as those of `tests/cli` are."""

from tests.cli.conftest import simplecell

__all__ = ["simplecell"]
