"""`simplecell pack SOURCE OUT`: decode pictures once, into one file that training maps."""

import time
from pathlib import Path
from signal import SIGINT
from typing import Annotated

import typer

from simplecell.cli.options import Jobs, Json, On, ShardOption, Threads
from simplecell.cli.screen import answer, people


def pack(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", help="A folder of class folders or of tar shards, a tar, a list."
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The pack to write, as birds.pack.")],
    size: Annotated[int, typer.Option(help="The square that pictures are brought to.")] = 32,
    colour: Annotated[
        bool, typer.Option("--colour/--grey", help="Keep red, green and blue.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Hold a finished pack against all its checksums.")
    ] = False,
    jobs: Jobs = None,
    on: On = None,
    shard: ShardOption = None,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Decode pictures once, into one file that may be larger than memory.

    For example: simplecell pack photographs photographs.pack --jobs 2; then simplecell train
    photographs.pack

    The same command goes on where it stopped, on several machines with one folder too, or with
    --shard. What cannot be read is left out and listed. docs/scale.md has the file's format.

    The JSON: `file`, `pictures`, `classes`, `left_out`, `skipped`, the first thousand of them,
    `missing` parts, `seconds`.
    """
    from simplecell.bulk.pack import pack as make
    from simplecell.data.pack import check_pack
    from simplecell.units import Done, Plan, Unit, read_shard

    console = people(json)
    started = time.perf_counter()
    done = [0, 0]

    def keep(unit: Unit, part: Done) -> None:
        if part.fresh:
            done[0] += part.result["pictures"]
        done[1] += 1
        speed = done[0] / (time.perf_counter() - started)
        status.update(f"{done[1]} parts, {done[0]:,} pictures, {speed:,.0f} a second")

    status = console.status("")
    plan = Plan(
        jobs=jobs, on=on, shard=read_shard(shard), threads=threads or (1 if jobs or on else None),
        keep=keep,
        say=lambda line: console.print(line, style="dim", markup=False, soft_wrap=True),
    )  # fmt: skip
    try:
        with status:
            made = make(source, out, size=size, channels=3 if colour else 1, plan=plan)
            if check and not made.missing:
                check_pack(out)
    except KeyboardInterrupt as stopped:
        told = f"stopped: what is finished is kept in {out}.parts; the same command goes on."
        console.print(told, markup=False, soft_wrap=True)
        raise typer.Exit(128 + getattr(stopped, "signum", SIGINT)) from None
    seconds = time.perf_counter() - started
    if json:
        answer(
            {"file": out, "pictures": made.pictures, "classes": made.classes,
             "left_out": made.left_out, "skipped": made.skipped, "missing": made.missing,
             "seconds": seconds}
        )  # fmt: skip
        return

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    if made.missing:
        say(f"{made.missing} parts are left to others; whoever finishes last makes {out}")
        return
    say(f"{out}: {made.pictures:,} pictures of {len(made.classes)} classes, {seconds:.1f} s")
    if check:
        say("every checksum fits")
    if made.left_out:
        say(f"{made.left_out:,} files were left out:")
        for path, reason in made.skipped[:20]:
            say(f"  {path}: {reason}")
