"""Speed of the whole street against stock medspaCy, on the same notes in the same run, one process.

Run: ``.venv/bin/python benchmarks/speed.py [--notes N] [--words W]``. Notes are the shipped gold notes, cut or joined to
about W words. Stock medspaCy runs its own sentence splitter (its log switched off) and ConText with the angioplasty,
fluoroscopy and vein words of our rule files as targets; it does no counting. Prints one Markdown table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from venocode.corpus import read_notes
from venocode.rules import entries, load_rules

CORPORA = Path(__file__).resolve().parent.parent / "corpora" / "notes"
TARGETS = {"angioplasty": "ANGIOPLASTY", "fluoroscopy": "FLUOROSCOPY", "full": "VEIN", "stem": "VEIN"}


def notes_of(count: int, words: int) -> list[str]:
    """Invented notes of about ``words`` words: shipped notes joined until long enough, then cut."""
    texts = [note.text for path in sorted(CORPORA.glob("*.notes")) for note in read_notes(path)]
    out = []
    for i in range(count):
        joined = ""
        j = i
        while len(joined.split()) < words:
            joined += "\n" + texts[j % len(texts)]
            j += 7
        out.append(" ".join(joined.split(" ")[: words + 40]))
    return out


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
        matcher.add([TargetRule(e.literal, TARGETS[e.kind]) for e in entries(load_rules()) if e.kind in TARGETS])
    return nlp


def timed(run: Callable[[str], object], notes: list[str]) -> float:
    """Notes a second, after a warm-up note."""
    run(notes[0])
    start = time.perf_counter()
    for note in notes:
        run(note)
    return len(notes) / (time.perf_counter() - start)


def startup(note: str) -> float:
    """Seconds of one ``venocode code`` call, start to end."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "venocode", "code", "-", "--json"], input=note.encode(), check=True, capture_output=True
    )
    return time.perf_counter() - start


def rows(count: int, words: int) -> Iterator[str]:
    """The table, line by line."""
    import venocode

    notes = notes_of(count, words)
    engine = venocode.load()
    ours = timed(engine.code, notes)
    stock = timed(stock_medspacy(), notes[: max(10, count // 10)])
    mean = sum(len(n.split()) for n in notes) / len(notes)
    yield f"{count} notes of {mean:.0f} words, one process"
    yield ""
    yield "| system | notes/s | ratio |"
    yield "|---|---|---|"
    yield f"| stock medspaCy (mentions only) | {stock:.1f} | 1.0 |"
    yield f"| venocode (note to codes) | {ours:.1f} | {ours / stock:.1f} |"
    yield ""
    yield f"one `venocode code` call, start to end: {startup(notes[0]):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=200)
    parser.add_argument("--words", type=int, default=600)
    arguments = parser.parse_args()
    for line in rows(arguments.notes, arguments.words):
        print(line)


if __name__ == "__main__":
    main()
