"""How time grows with the length of a note and the number of its mentions; memory and start-up.

Run: ``.venv/bin/python benchmarks/scaling.py``. Prints Markdown tables. A cost a character that stays level is linear
growth. Full garbage collections (0.1 s each, with the libraries loaded) fall on the long notes, so the collector is
switched off while a note is timed.
"""

from __future__ import annotations

import gc
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from os import cpu_count

from notes import REAL, gold, lines

import venocode

ROUNDS = 3
REPEATED = {
    "vein": "The left common iliac vein was patent. ",
    "act and vein": "The left common iliac vein was dilated with a 14 mm balloon to 10 atm. ",
    "act by reference": "The left common iliac vein had a 70% stenosis. It was ballooned. ",
    "access": "The left popliteal vein was punctured under fluoroscopy. ",
}


def seconds(text: str) -> float:
    """Median seconds of one note."""
    engine, taken = venocode.load(), []
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        engine.code(text)
        taken.append(time.perf_counter() - start)
        gc.enable()
    return statistics.median(taken)


def row(name: str, factor: int, text: str) -> str:
    """One line of a table."""
    took = seconds(text)
    return f"| {name} | {factor} | {len(text) / 1000:.0f} | {took * 1000:.1f} | {took / len(text) * 1e9:.0f} |"


def lengths() -> Iterator[str]:
    """Notes joined 1 to 16 times, and to about one megabyte."""
    yield "| notes | joined | thousand characters | ms | ns a character |"
    yield "|---|---|---|---|---|"
    for name, texts in (("real reports", [t for _, t in lines(REAL)]), ("gold notes", [t for _, t in gold()])):
        for factor in (1, 2, 4, 8, 16, 256) if texts else ():
            yield row(name, factor, "\n\n".join(texts[:factor]))


def mentions() -> Iterator[str]:
    """One sentence repeated: 100 to 10,000 mentions a note."""
    yield "| sentence | repeated | thousand characters | ms | ns a character |"
    yield "|---|---|---|---|---|"
    for name, sentence in REPEATED.items():
        for factor in (100, 1000, 10_000):
            yield row(name, factor, "TECHNIQUE: " + sentence * factor)


def startup() -> float:
    """Median seconds of one ``venocode code`` call, start to end."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        command = [sys.executable, "-m", "venocode", "code", "-", "--json"]
        subprocess.run(command, input=b"The left iliac vein was ballooned.", check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def peak() -> float:
    """Most memory of this process so far, in megabytes."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    print(f"{cpu_count()} cores, Python {platform.python_version()}\n")
    print(f"one `venocode code` call, start to end: {startup():.2f} s")
    engine = venocode.load()
    engine.code("The left iliac vein was ballooned.")
    print(f"peak memory with the engine built: {peak():.0f} MB")
    for _, text in [*gold(), *lines(REAL)]:
        engine.code(text)
    print(f"peak memory after all notes at hand: {peak():.0f} MB\n")
    for table in (lengths(), mentions()):
        print("\n".join(table), end="\n\n")
    print(f"peak memory after notes of a megabyte: {peak():.0f} MB")


if __name__ == "__main__":
    main()
