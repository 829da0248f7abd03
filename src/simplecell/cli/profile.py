"""The bench's picture of the engine, for people: a table of instructions for each plan."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

COLUMNS = ("instruction", "µs an image", "of all", "kB", "GB/s", "GFLOP/s", "of peak")
STAND = "one core, medians; `of peak` is the share of what it does in registers alone"


def show_profile(console: Console, found: Mapping[str, Any]) -> None:
    """Print what one core can do, and every instruction beside it."""
    width = "one register" if found["sixteen_floats_a_register"] else "several registers"
    rates = ", ".join(
        f"{rate:.0f} GB/s from the {name}" for name, rate in found["read_gb_per_second"].items()
    )
    console.print(
        f"\nprofile: {STAND}\n\ncompiled for {found['processor']}, sixteen floats in {width};"
        f" multiply-adds in registers {found['fma_gflops']:.0f} GFLOP/s; reading {rates} cache",
        highlight=False,
    )
    for net, parts in found["plans"].items():
        for part, sizes in parts.items():
            for images, rows in sizes.items():
                console.print(f"\n{net}, {part}, {images} at once", style="bold", highlight=False)
                console.print(_instructions(rows))


def _instructions(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for heading in COLUMNS:
        table.add_column(heading, justify="left" if heading == COLUMNS[0] else "right")
    whole = sum(row["microseconds_per_image"] for row in rows)
    for row in rows:
        took, works = row["microseconds_per_image"], row["multiply_adds"] > 0
        table.add_row(
            row["instruction"],
            f"{took:.2f}",
            f"{took / whole:.0%}",
            f"{row['bytes'] / 1e3:.0f}",
            f"{row['gb_per_second']:.0f}",
            f"{row['gflops']:.0f}" if works else "",
            f"{row['share_of_peak']:.0%}" if works else "",
        )
    table.add_row("all", f"{whole:.2f}", "", "", "", "", "", style="bold")
    return table
