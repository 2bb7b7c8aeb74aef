"""Every format of the output by way of worker processes and a resumed run: what one process writes at once."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes import NOTE, FakeEngine
from venocode.batch import run_batch
from venocode.readers import open_source
from venocode.writers import FORMATS, open_writer

HERE = Path(__file__).parent
#: What is another in every run: the time at which it was written, and the engine's name of itself.
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def notes(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        for i in range(count):
            note = {"note_id": f"n{i}", "text": f"{NOTE} café {i}" if i % 3 else f"nothing {i}", "person_id": f"p{i}",
                    "note_date": f"2024-03-{i % 28 + 1:02d}", "visit_occurrence_id": i}  # fmt: skip
            stream.write(json.dumps(note) + "\n")
    return path


def place_for(kind: str, folder: Path) -> str:
    if kind == "sql":
        return f"sqlite:///{folder / 'results.db'}"
    suffix = {"jsonl": ".jsonl.gz", "parquet": ".parquet", "parquet-flat": ".parquet", "brat": "", "html": ""}
    return str(folder / f"out{suffix.get(kind, '.csv')}")


def broken_off(args: list[str], parts: Path, cwd: Path) -> None:
    process = subprocess.Popen(
        args, cwd=cwd, env={**os.environ, "PAUSE": "0.002"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 60
    while len(list(parts.glob("part-*.jsonl"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.wait()


def content(kind: str, out: str) -> object:
    """What was written, without its times."""
    if kind == "sql":
        with sqlite3.connect(out.removeprefix("sqlite:///")) as database:
            return database.execute("SELECT * FROM venocode_result").fetchall()
    place = Path(out)
    if place.suffix == ".parquet":
        from pyarrow.parquet import read_table

        return read_table(place).to_pylist()
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    return {str(p.relative_to(place)): TIMES.sub(b"", p.read_bytes()) for p in files}


@pytest.mark.parametrize("kind", FORMATS)
def test_killed_and_resumed_with_workers(kind: str, tmp_path: Path) -> None:
    source = notes(tmp_path / "n.jsonl", 120)
    (tmp_path / "once").mkdir()
    once, out = place_for(kind, tmp_path / "once"), place_for(kind, tmp_path)
    with open_writer(once, kind) as writer:
        run_batch(open_source(str(source)).rows, FakeEngine(), writer, lambda entry: None)
    args = [sys.executable, str(HERE / "rough_batch.py"), "batch", str(source), "-o", out, "--to", kind]
    run_folder = tmp_path / ("venocode_result.run" if kind == "sql" else f"{Path(out).name}.run")
    broken_off(args, run_folder, tmp_path)
    assert not list(tmp_path.glob("out*[!n]"))
    done = subprocess.run([*args, "--resume", "--workers", "2"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "going on after" in done.stderr
    assert content(kind, out) == content(kind, once)
    assert not run_folder.exists()
    again = subprocess.run([*args, "--resume"], cwd=tmp_path, capture_output=True, text=True)
    assert (again.returncode, "complete already" in again.stderr) == (0, True)


@pytest.mark.parametrize(("kind", "out"), [("html", "taken"), ("jsonl", "taken"), ("csv", "no/such/out.csv")])
def test_a_place_that_cannot_take_the_output_is_told_before_a_note_is_read(kind: str, out: str, tmp_path: Path) -> None:
    source = tmp_path / "n.jsonl"
    source.write_text(json.dumps({"note_id": "a", "text": "ENDLESS"}) + "\n")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    args = [sys.executable, str(HERE / "rough_batch.py"), "batch", str(source), "-o", out, "--to", kind]
    refused = subprocess.run(args, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 2
    assert out in refused.stderr
