"""The folder of a run, ``OUT.run`` beside the output: finished parts and the manifest from which a run goes on.

A part holds consecutive rows: one line of JSON that describes it, the records, the quarantine entries. It is written
under another name, forced to the disk and renamed, so that a part is whole or absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from glob import escape
from pathlib import Path
from typing import IO, Any

from venocode.batch.rows import Chunk, quarantined
from venocode.batch.summary import Summary, Tally
from venocode.batch.wire import Coded, pack_row, unpack_row
from venocode.errors import InputError, describe
from venocode.readers.rows import Row
from venocode.writers.base import settle
from venocode.writers.jsonl import to_line

SCHEMA = "venocode-run/1"
PART_BYTES = 8_000_000
PART_SECONDS = 5.0
MANIFEST = "manifest.json"
NO_ROW = Row(0, None)


@dataclass(frozen=True, slots=True)
class Part:
    """A finished part: its place among the rows, its counts, and the hashes that show it is whole."""

    number: int
    first: int
    rows: int
    digest: str
    sha256: str
    records: int
    counts: dict[str, Any]
    path: Path

    @property
    def summary(self) -> Summary:
        return Summary(**self.counts)


@dataclass(slots=True)
class _Open:
    """The part being collected."""

    first: int
    rows: int = 0
    digest: str = ""
    records: list[bytes] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    size: int = 0
    tally: Tally = field(default_factory=Tally)


class RunFolder:
    """What a run has done so far.

    Parameters
    ----------
    out : str
        The output, as the user names it.
    beside : Path
        The folder is this path with ``.run`` behind it.
    with_notes : bool
        Whether parts hold the notes as well, for a format that is written with words of the note.
    """

    def __init__(self, out: str, beside: Path, with_notes: bool = False) -> None:
        self.out = beside.resolve()
        self.place = self.out.with_name(f"{self.out.name}.run")
        self.with_notes = with_notes
        self.parts: list[Part] = []
        self.name = out
        self._open: _Open | None = None
        self._lock: IO[bytes] | None = None
        self._mark = time.monotonic()

    # -- begin ----------------------------------------------------------------------------------------------------

    @property
    def unfinished(self) -> bool:
        """Whether an earlier run was broken off."""
        return (self.place / MANIFEST).is_file()

    def begin(self, key: dict[str, Any], resume: bool) -> None:
        """Take hold of the folder: empty, or with the parts of the run that is resumed.

        Parameters
        ----------
        key : dict
            Everything the output depends on, by name: a resumed run must have the same.
        resume : bool
            Go on with an earlier run; without one a new run begins.

        Raises
        ------
        InputError
            When the key differs, another run is at work here, or the place cannot be written to.
        """
        try:
            self.place.mkdir(exist_ok=True)
            self._mark = time.monotonic()
            self._hold()
            self._sweep()
            if resume and self.unfinished:
                self._compare(key)
                self.parts = list(self._whole_parts())
            else:
                self._empty()
                self._put(self.place / MANIFEST, json.dumps({"schema": SCHEMA, "key": key}, indent=1).encode())
        except OSError as error:
            self._leave()
            raise InputError(f"{self.name}: cannot write here ({describe(error)}); name another place") from None
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        """Give up a folder in which nothing stands yet."""
        held = self._lock is not None
        self.release()
        if held and not self.unfinished:
            shutil.rmtree(self.place, ignore_errors=True)

    def _hold(self) -> None:
        self._lock = (self.place / "lock").open("wb")
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise InputError(f"{self.name}: another run is writing it; wait for it or name another output") from None

    def _sweep(self) -> None:
        """Take away what a killed run left half written."""
        for path in (*self.out.parent.glob(f".{escape(self.out.name)}.*.partial"), *self.place.glob("*.partial")):
            _remove(path)

    def _compare(self, key: dict[str, Any]) -> None:
        known = _json(self.place / MANIFEST).get("key", {})
        names = [name for name in {**key, **known} if key.get(name) != known.get(name)]
        if names:
            raise InputError(
                f"{self.name}: cannot resume, for {_listed(names)} changed since the run began; "
                "undo the change, or leave out --resume to start over"
            )

    def _whole_parts(self) -> Iterator[Part]:
        """The parts from the first row on without a gap; what follows a damaged one is coded again."""
        rows = 0
        for number, path in enumerate(sorted(self.place.glob("part-*.jsonl"))):
            part = _read_part(path)
            if part is None or part.number != number or part.first != rows:
                return
            rows += part.rows
            yield part

    def _empty(self) -> None:
        for path in self.place.iterdir():
            if path.name != "lock":
                path.unlink()

    # -- while the run goes on ------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Rows whose outcome is on the disk."""
        return sum(part.rows for part in self.parts[-1:]) + (self.parts[-1].first if self.parts else 0)

    @property
    def digest(self) -> str:
        """Digest of those rows (``Ledger.digest``)."""
        return self.parts[-1].digest if self.parts else ""

    @property
    def summary(self) -> Summary:
        """Counts of the parts on the disk."""
        return sum((part.summary for part in self.parts), Summary())

    def add(self, chunk: Chunk, outcomes: list[Coded | str]) -> None:
        """Keep a finished chunk; now and then a part is written."""
        part = self._open = self._open or _Open(chunk.first)
        for row, outcome in zip(chunk.rows, outcomes, strict=True):
            if isinstance(outcome, Coded):
                kept = outcome.line + pack_row(row) if self.with_notes else outcome.line
                part.records.append(kept)
                part.size += len(kept)
                part.tally.code(outcome.lane, outcome.units)
            else:
                part.entries.append(to_line(quarantined(row, outcome)))
                part.tally.quarantine(outcome)
        part.rows += len(chunk.rows)
        part.digest = chunk.digest
        if part.size >= PART_BYTES or time.monotonic() - self._mark >= PART_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is collected as a part."""
        part, self._open = self._open, None
        if part is None:
            return
        records, entries = b"".join(part.records), b"".join(part.entries)
        before, self._mark = self._mark, time.monotonic()
        summary = part.tally.summary(self._mark - before)
        head = {
            "part": len(self.parts),
            "first": part.first,
            "rows": part.rows,
            "digest": part.digest,
            "sha256": hashlib.sha256(records + entries).hexdigest(),
            "records": len(records),
            "counts": asdict(summary),
        }
        path = self.place / f"part-{len(self.parts):08d}.jsonl"
        self._put(path, to_line(head) + records + entries)
        self.parts.append(_part(head, path))

    def _put(self, path: Path, data: bytes) -> None:
        """Write a file so that it stands under its name only when it is whole and on the disk."""
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as stream:
                stream.write(data)
                settle(stream)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    # -- end ------------------------------------------------------------------------------------------------------

    def records(self) -> Iterator[tuple[bytes, Row]]:
        """The line of each record with its row, in order; the row is empty where notes are not kept."""
        for part in self.parts:
            with part.path.open("rb") as stream:
                end = len(stream.readline()) + part.records
                while stream.tell() < end:
                    line = stream.readline()
                    yield line, unpack_row(stream.readline()) if self.with_notes else NO_ROW

    def entries(self) -> Iterator[bytes]:
        """The lines of the quarantine, in order."""
        for part in self.parts:
            if part.summary.quarantined:
                with part.path.open("rb") as stream:
                    stream.readline()
                    stream.seek(part.records, os.SEEK_CUR)
                    yield from stream

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let go of the folder at the end; an interrupted run that has done nothing leaves none."""
        try:
            yield
        except BaseException:
            if not self.rows:
                shutil.rmtree(self.place, ignore_errors=True)
            raise
        finally:
            self.release()

    def release(self) -> None:
        """Let another run take hold of the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Take the folder away: everything stands in the output. Without its manifest it is no run to go on with."""
        (self.place / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.place, ignore_errors=True)
        self.release()


def _read_part(path: Path) -> Part | None:
    """A part with its hash checked; None when it is damaged."""
    try:
        with path.open("rb") as stream:
            head = json.loads(stream.readline())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            part = _part(head, path)
    except (ValueError, KeyError, TypeError):
        return None
    return part if part.sha256 == digest else None


def _part(head: dict[str, Any], path: Path) -> Part:
    return Part(
        head["part"], head["first"], head["rows"], head["digest"], head["sha256"], head["records"], head["counts"], path
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _listed(names: list[str]) -> str:
    return ", ".join(f"the {name}" for name in names[:-1]) + (" and " if names[1:] else "") + f"the {names[-1]}"
