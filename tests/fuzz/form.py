"""What a format is to the fuzzer: a file's name, how it is changed, what a user does with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutation import Mutation


@dataclass(frozen=True)
class Format:
    """What a file is called, how one is made, and what a user does with it."""

    name: str
    mutations: tuple[Mutation, ...]
    read: Callable[[Path], object]
