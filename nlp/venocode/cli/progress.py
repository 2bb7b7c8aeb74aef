"""How far a run has come: a bar on a terminal, one line a minute elsewhere. Never to standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from venocode.readers import Source

EVERY_SECONDS = 60.0

Tick = Callable[[int, int], None]


@contextmanager
def progress_for(source: Source) -> Iterator[Tick]:
    """A function to call after every row with the numbers coded and quarantined."""
    if sys.stderr.isatty():
        with _bar(source) as tick:
            yield tick
    else:
        yield lines(source)


def lines(source: Source, clock: Callable[[], float] = time.monotonic) -> Tick:
    """Progress as plain lines, at most one a minute."""
    began = last = clock()

    def tick(coded: int, quarantined: int) -> None:
        nonlocal last
        now = clock()
        if now - last < EVERY_SECONDS:
            return
        last = now
        share = f" ({100 * source.done() / source.size:.0f} % of the input)" if source.size else ""
        rate = (coded + quarantined) / (now - began)
        print(f"venocode: {coded} coded, {quarantined} quarantined, {rate:.1f} rows/s{share}", file=sys.stderr)

    return tick


@contextmanager
def _bar(source: Source) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.fields[coded]} coded, {task.fields[quarantined]} quarantined")
    columns = (BarColumn(), TaskProgressColumn(), words, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("notes", total=source.size, coded=0, quarantined=0)

        def tick(coded: int, quarantined: int) -> None:
            progress.update(task, completed=source.done(), coded=coded, quarantined=quarantined)

        yield tick
