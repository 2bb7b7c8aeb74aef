"""Speed of the whole street beside its peers: the same notes in the same run, one process each, one after the other.

Run: ``.venv/bin/python benchmarks/speed.py [--notes N] [--rounds R] [--peers PYTHON]``. Prints one Markdown table for the
real reports (where ``../shared`` holds them) and one for the shipped gold notes. Stock medspaCy runs as its documentation
builds it (its log switched off) with the angioplasty, fluoroscopy and vein words of our rule files as targets; the
peers of ``peers.py`` get the same words. None of them counts: they stop at mentions. "First" is the first time a system sees
the notes, "again" the median of the rounds after it, when every cache is warm.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from os import cpu_count
from pathlib import Path

from notes import REAL, gold, lines, sample, targets
from peers import SYSTEMS, seconds

STOCK, OURS, TOKENIZER = "stock medspaCy (mentions only)", "venocode (note to codes)", "spaCy tokenizer alone"
Timer = Callable[[list[str]], float | None]


def stock_medspacy() -> Callable[[str], object]:
    """MedspaCy as its documentation builds it, with our words as targets."""
    from loguru import logger

    logger.disable("PyRuSH")
    logger.disable("medspacy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import medspacy
        from medspacy.target_matcher import TargetRule

        nlp = medspacy.load()
        matcher = nlp.get_pipe("medspacy_target_matcher")
        matcher.add([TargetRule(word, label) for word, label in targets()])
    return nlp


def bare_regex() -> Callable[[str], object]:
    """One compiled alternation of the same words, longest first."""
    words = sorted({re.escape(word) for word, _ in targets()}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE).findall


def local() -> dict[str, Timer]:
    """The systems of this environment."""
    import spacy

    import venocode

    built = {
        STOCK: stock_medspacy(),
        OURS: venocode.load().code,
        TOKENIZER: spacy.blank("en"),
        "bare regular expression": bare_regex(),
    }
    for run in built.values():
        run("The left iliac vein.")
    return {name: lambda notes, run=run: seconds(run, notes) for name, run in built.items()}  # type: ignore[misc]


def remote(python: str) -> dict[str, Timer]:
    """The systems of another environment, each asked over a pipe."""
    child = subprocess.Popen(
        [python, str(Path(__file__).with_name("peers.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    put, get = child.stdin, child.stdout
    print(json.dumps({"targets": targets()}), file=put, flush=True)

    def ask(name: str, notes: list[str]) -> float | None:
        print(json.dumps({"system": name, "notes": notes}), file=put, flush=True)
        return json.loads(get.readline())  # type: ignore[no-any-return]

    return {name: lambda notes, name=name: ask(name, notes) for name in SYSTEMS}  # type: ignore[misc]


def measure(systems: dict[str, Timer], notes: list[str], rounds: int) -> dict[str, list[float]]:
    """Notes a second of every system in every round; the systems take turns, so that all meet the same machine."""
    found: dict[str, list[float]] = {name: [] for name in systems}
    for _ in range(rounds + 1):
        for name, timer in systems.items():
            took = timer(notes)
            if took is not None:
                found[name].append(len(notes) / took)
    return {name: rates for name, rates in found.items() if rates}


def table(title: str, rates: dict[str, list[float]]) -> Iterator[str]:
    """One Markdown table, the slowest first."""
    first = {name: r[0] for name, r in rates.items()}
    again = {name: statistics.median(r[1:]) for name, r in rates.items()}
    yield f"**{title}**"
    yield ""
    yield "| system | first, notes/s | again, notes/s | x stock medspaCy | share of tokenizer, first | again |"
    yield "|---|---|---|---|---|---|"
    for name in sorted(rates, key=again.__getitem__):
        shares = (f"{100 * r[name] / r[TOKENIZER]:.0f} %" for r in (first, again))
        yield f"| {name} | {first[name]:.1f} | {again[name]:.1f} | {again[name] / again[STOCK]:.1f} | {' | '.join(shares)} |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3, help="rounds after the first")
    parser.add_argument(
        "--peers", metavar="PYTHON", help="interpreter with edsnlp and negspacy; they are left out without"
    )
    arguments = parser.parse_args()
    print(f"{cpu_count()} cores, Python {platform.python_version()}, {date.today()}, {len(targets())} target words\n")
    for title, pairs in (("real procedure reports", list(lines(REAL))), ("shipped gold notes", list(gold()))):
        if not pairs:
            print(f"({title}: not at hand, left out)\n")
            continue
        systems = local() | (remote(arguments.peers) if arguments.peers else {})
        notes = sample([text for _, text in pairs], arguments.notes)
        words = statistics.mean(len(note.split()) for note in notes)
        for line in table(f"{len(notes)} {title} of {words:.0f} words", measure(systems, notes, arguments.rounds)):
            print(line)
        if not arguments.peers:
            print(f"(without --peers: {', '.join(SYSTEMS)} left out)\n", file=sys.stderr)


if __name__ == "__main__":
    main()
