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
def progress_for(source: Source, before: int = 0) -> Iterator[Tick]:
    """A function to call now and then with the numbers coded and quarantined.

    Parameters
    ----------
    source : Source
        Tells how much of the input has been read.
    before : int
        Rows that an earlier session has done: they count for no rate.

    Yields
    ------
    callable
    """
    if sys.stderr.isatty():
        with _bar(source, before) as tick:
            yield tick
    else:
        yield lines(source, before=before)


def lines(source: Source, clock: Callable[[], float] = time.monotonic, before: int = 0) -> Tick:
    """Progress as plain lines, at most one a minute."""
    began = last = clock()
    skipped = source.done() if before else 0

    def tick(coded: int, quarantined: int) -> None:
        nonlocal last
        now = clock()
        if now - last < EVERY_SECONDS:
            return
        last = now
        rate = (coded + quarantined - before) / (now - began)
        words = f"{coded} coded, {quarantined} quarantined, {rate:.1f} rows/s"
        print(f"venocode: {words}{_share(source, skipped, now - began)}", file=sys.stderr)

    return tick


def _share(source: Source, skipped: int, seconds: float) -> str:
    """How much of the input has been read, and how long the rest will take."""
    done = source.done()
    if not source.size:
        return ""
    share = f"{100 * done / source.size:.0f} % of the input"
    if done <= skipped:
        return f" ({share})"
    left = seconds * (source.size - done) / (done - skipped)
    return f" ({share}, {_duration(left)} left)"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@contextmanager
def _bar(source: Source, before: int) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.fields[coded]} coded, {task.fields[quarantined]} quarantined, {task.fields[rate]:.0f}/s")
    columns = (BarColumn(), TaskProgressColumn(), words, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        done, began = source.done(), time.monotonic()
        task = progress.add_task("notes", total=source.size, completed=done, coded=0, quarantined=0, rate=0.0)

        def tick(coded: int, quarantined: int) -> None:
            rate = (coded + quarantined - before) / max(time.monotonic() - began, 0.1)
            progress.update(task, completed=source.done(), coded=coded, quarantined=quarantined, rate=rate)

        yield tick
