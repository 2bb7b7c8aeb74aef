"""Reliability of ``venocode batch``: many runs killed at random moments, poisoned rows, a full disk, flat memory.

Run: ``.venv/bin/python benchmarks/reliability.py [--runs N] [--notes N] [--memory-notes N] [--real]``. Without
``--real`` the engine is the stub of the tests, so that what is tried is the batch engine. Every broken run is resumed
until it ends and its output compared, byte by byte, with that of an unbroken run. Linux only. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from venocode.corpus import read_notes

ROOT = Path(__file__).resolve().parent.parent
STUB = ROOT / "tests" / "rough_batch.py"
#: One row in a hundred cannot be coded, each time for another reason.
POISON = (b'{"note_id": "x", "text": \n', b'{"note_id": "p%d", "text": ""}\n', b'{"note_id": "p%d", "text": "BREAK"}\n',
          b'{"note_id": "n0", "text": "again"}\n', b'{"note_id": "p%d", "text": "SEGFAULT"}\n',
          b'{"note_id": "p%d", "text": "\\ud800"}\n')  # fmt: skip


def write_notes(path: Path, count: int, poisoned: bool) -> None:
    """Write rows made of the shipped notes; every hundredth is poisoned."""
    texts = [note.text for file in sorted((ROOT / "corpora" / "notes").glob("*.notes")) for note in read_notes(file)]
    with path.open("wb") as stream:
        for i in range(count):
            if poisoned and i % 100 == 99:
                row = POISON[i // 100 % len(POISON)]
                stream.write(row % i if b"%d" in row else row)
                continue
            text = f"{texts[i % len(texts)]}\nAccession {i}.".replace("STOP", "Stop")  # a word of the stub
            stream.write(json.dumps({"note_id": f"n{i}", "text": text}).encode() + b"\n")


def command(real: bool, *args: str) -> list[str]:
    start = ["-m", "venocode"] if real else [str(STUB)]
    return [sys.executable, *start, "batch", *args]


def kill_parent(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def kill_worker(process: subprocess.Popen[bytes]) -> None:
    try:
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(random.choice(workers)), signal.SIGKILL)
    except (OSError, IndexError):
        return


def interrupt(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def broken_run(place: Path, out: str, real: bool, longest: float, env: dict[str, str]) -> dict[str, int]:
    """One run, hit at random moments until it comes to its end; how often it was hit by what."""
    hits = {"parent": 0, "worker": 0, "interrupt": 0}
    ways: dict[str, Callable[[subprocess.Popen[bytes]], None]] = {
        "parent": kill_parent,
        "worker": kill_worker,
        "interrupt": interrupt,
    }
    args = command(real, "notes.jsonl", "-o", out, "--workers", "2", "--resume")
    while True:
        process = subprocess.Popen(args, cwd=place, env=env, stderr=subprocess.DEVNULL, start_new_session=True)
        while process.poll() is None:
            try:
                process.wait(random.uniform(0.0, longest))
            except subprocess.TimeoutExpired:
                way = random.choice(list(ways))
                ways[way](process)
                hits[way] += 1
        if process.returncode in (0, 3):
            return hits
        if process.returncode not in (-signal.SIGKILL, 130, -signal.SIGINT):
            raise SystemExit(f"a run ended with {process.returncode}")


def outcome(path: Path) -> bytes:
    """What a run wrote. By which signal a worker died is left out: a hit may come between."""
    return re.sub(rb"died \(SIG[A-Z]+\)", b"died", path.read_bytes())


def kill_rows(place: Path, runs: int, notes: int, real: bool) -> Iterator[str]:
    """Runs hit at random moments against an unbroken one."""
    write_notes(place / "notes.jsonl", notes, poisoned=not real)
    env = {**os.environ, "PAUSE": "0.001", "PART_BYTES": "40000"}
    began = time.monotonic()
    subprocess.run(command(real, "notes.jsonl", "-o", "whole.jsonl"), cwd=place, env=env, stderr=subprocess.DEVNULL)
    longest = (time.monotonic() - began) / 2
    names = ("jsonl", "jsonl.quarantine.jsonl") if not real else ("jsonl",)
    wanted = [outcome(place / f"whole.{name}") for name in names]
    total, same = {"parent": 0, "worker": 0, "interrupt": 0}, 0
    for run in range(runs):
        hits = broken_run(place, f"out{run}.jsonl", real, longest, env)
        total = {way: total[way] + hits[way] for way in total}
        found = [outcome(place / f"out{run}.{name}") for name in names]
        same += found == wanted
        for a, b in zip(wanted, found, strict=True):
            for line in sorted({*a.splitlines()} ^ {*b.splitlines()}):
                print(f"run {run} differs: {line[:120]!r}", file=sys.stderr)
        for path in place.glob(f"out{run}.*"):
            path.unlink()
    told = ", ".join(f"{n} x {way}" for way, n in total.items())
    yield f"| {runs} runs of {notes} notes hit at random ({told}) | {same} of {runs} equal to the unbroken run |"


def full_disk_row(place: Path, real: bool) -> str:
    """A run on a disk that is full, resumed when there is room."""
    args = command(real, "notes.jsonl", "-o", "full.jsonl", "--resume")
    env = {**os.environ, "PART_BYTES": "40000"}

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    whole = place / "whole.jsonl"
    first = subprocess.run(args, cwd=place, env=env, stderr=subprocess.DEVNULL, preexec_fn=small).returncode
    subprocess.run(args, cwd=place, env=env, stderr=subprocess.DEVNULL)
    same = (place / "full.jsonl").read_bytes() == whole.read_bytes()
    return f"| a full disk (exit code {first}), resumed | {'equal' if same else 'DIFFERENT'} |"


def memory_row(place: Path, notes: int, real: bool) -> str:
    """Memory of the parent while it reads many notes: after a tenth of the run, and its highest after that."""
    write_notes(place / "many.jsonl", notes, poisoned=not real)
    args = command(real, "many.jsonl", "-o", "many-out.jsonl", "--workers", "2")
    env = {**os.environ, "PART_BYTES": "8000000"}
    process = subprocess.Popen(args, cwd=place, env=env, stderr=subprocess.DEVNULL)
    seen: list[int] = []
    began = time.monotonic()
    while process.poll() is None:
        seen.append(_resident(process.pid))
        time.sleep(0.2)
    seconds = time.monotonic() - began
    early, late = max(seen[: max(1, len(seen) // 10)]), max(seen)
    return f"| {notes} notes in {seconds:.0f} s | parent {early >> 20} MB after a tenth, {late >> 20} MB at most |"


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--notes", type=int, default=2000)
    parser.add_argument("--memory-notes", type=int, default=200_000)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--kills-only", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        print("| what | outcome |\n|---|---|")
        for row in kill_rows(place, options.runs, options.notes, options.real):
            print(row, flush=True)
        if options.kills_only:
            return
        print(full_disk_row(place, options.real), flush=True)
        print(memory_row(place, options.memory_notes, options.real))


if __name__ == "__main__":
    main()
