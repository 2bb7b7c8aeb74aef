"""``venocode batch``: many notes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from venocode.batch import Coder, Summary
from venocode.cli.common import QUARANTINED, EncodingOption, ModelOption, PolicyOption, engine_for, say
from venocode.cli.progress import progress_for
from venocode.errors import InputError
from venocode.readers import KINDS, Columns, Row, Source, open_source
from venocode.readers.sql import is_url, shown
from venocode.writers import FORMATS, NEEDS_NOTES, check_output, format_of, open_writer
from venocode.writers.base import is_device, is_stdout, output
from venocode.writers.sql import TABLE

if TYPE_CHECKING:
    from venocode.batch.folder import RunFolder
    from venocode.batch.pool import Pool

STDOUT_QUARANTINE = "venocode.quarantine.jsonl"


class StartMethod(StrEnum):
    """Ways to make worker processes."""

    fork = "fork"
    spawn = "spawn"


class Mentions(StrEnum):
    """Which notes are read for their mentions."""

    all = "all"
    coded = "coded"


#: What ``--from`` and ``--to`` take.
Input = StrEnum("Input", {kind: kind for kind in KINDS})  # type: ignore[misc]  # members known at run time
Output = StrEnum("Output", {kind: kind for kind in FORMATS})  # type: ignore[misc]


def batch(
    source: Annotated[
        str,
        typer.Argument(metavar="INPUT", help="File, directory of documents, database URL, or - for standard input."),
    ],
    out: Annotated[
        str, typer.Option("-o", "--out", metavar="OUT", help="File, new directory or database URL; - for stdout.")
    ],
    input_format: Annotated[
        Input | None, typer.Option("--from", help="Format of the input, when its name does not tell.")
    ] = None,
    output_format: Annotated[
        Output | None, typer.Option("--to", "--format", help="Format of the output, when its name does not tell.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id-column", help="Column or key of the note id; note_id otherwise.")
    ] = None,
    text_column: Annotated[
        str | None, typer.Option("--text-column", help="Column or key of the text; text or note_text otherwise.")
    ] = None,
    person_column: Annotated[str | None, typer.Option("--person-column", help="Handed on to OMOP and FHIR.")] = None,
    date_column: Annotated[str | None, typer.Option("--date-column", help="Handed on to OMOP and FHIR.")] = None,
    encounter_column: Annotated[
        str | None, typer.Option("--encounter-column", help="Handed on to OMOP and FHIR.")
    ] = None,
    query: Annotated[str | None, typer.Option("--query", help="What to ask a database that is the input.")] = None,
    table: Annotated[str, typer.Option("--table", help="Table of a database that is the output.")] = TABLE,
    quarantine: Annotated[
        str | None,
        typer.Option("--quarantine", metavar="FILE", help="Rows that cannot be coded; OUT.quarantine.jsonl otherwise."),
    ] = None,
    mentions: Annotated[
        Mentions,
        typer.Option("--mentions", help="Read every note, or with 'coded' pass over those in which no code can arise."),
    ] = Mentions.all,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Worker processes; one a core is best.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after this many rows.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Code this many rows drawn by chance, in their order.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws the same --sample again.")] = 0,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds after which a note goes to quarantine.")
    ] = 120.0,
    worker_memory: Annotated[
        int, typer.Option("--worker-memory", min=1, help="Megabytes a worker may grow before it is replaced.")
    ] = 512,
    start_method: Annotated[
        StartMethod | None, typer.Option("--start-method", help="How workers are made; fork shares their memory.")
    ] = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Code many notes: one result record a note, in the order of the input.

    A row that cannot be coded goes to the quarantine file with its reason, and the run goes on. A run that was broken
    off keeps what it has done in OUT.run; --resume goes on from there.
    """
    aside = quarantine or default_quarantine(out)
    refuse_same_file(source, out, aside, policy)
    columns = Columns(id_column, text_column, person_column, date_column, encounter_column)
    kind = output_format or format_of(out)
    opened = open_source(source, columns, encoding, sys.stdin.buffer, input_format, query)
    options = {"--from": input_format, "--query": query, "--id-column": id_column, "--text-column": text_column,
               "--person-column": person_column, "--date-column": date_column, "--encounter-column": encounter_column,
               "--encoding": encoding, "--limit": limit, "--sample": sample, "--seed": seed if sample else None,
               "--mentions": mentions, "--to": kind}  # fmt: skip
    from venocode.batch.pool import DEFAULT_START, Pool

    factory = partial(coder_for, policy, model, mentions.value)
    method = start_method.value if start_method else DEFAULT_START
    with ExitStack() as stack:
        stack.callback(opened.close)
        pool = Pool(factory, workers, method, timeout, worker_memory * 2**20)
        stack.callback(pool.close)
        run = Run(opened, drawn(opened.rows, limit, sample, seed), pool, out, kind, table)
        with quarantine_file(aside, ours=quarantine is None) as bad_rows:
            if is_stdout(out) or is_device(out):
                summary = run.to_stream(bad_rows, resume)
            else:
                summary = run.to_place(bad_rows, source, options, resume)
    report(summary, aside)
    if summary.quarantined:
        raise typer.Exit(QUARANTINED)


def coder_for(policy: Path | None, model: Path | None, mentions: str) -> Coder:
    """Build what a worker codes with; found by its name when a worker is spawned."""
    engine = engine_for(policy, model)
    if mentions == Mentions.all:
        return engine
    from venocode.triage import triage_of

    return triage_of(engine)


def drawn(rows: Iterator[Row], limit: int | None, size: int | None, seed: int) -> Iterator[Row]:
    """The rows a run is about."""
    from venocode.batch.rows import sample

    rows = islice(rows, limit)
    yield from rows if size is None else sample(rows, size, seed)


@dataclass
class Run:
    """The parts of one run of the command."""

    opened: Source
    rows: Iterator[Row]
    pool: Pool
    out: str
    kind: str
    table: str

    def to_stream(self, bad_rows: QuarantineFile, resume: bool) -> Summary:
        """Write to standard output, a pipe or a device: nothing is kept to go on from."""
        from venocode.batch.run import LineSink, run_to_stream

        if resume:
            raise InputError(f"{self.out}: a stream cannot be resumed; name a file with -o, or leave out --resume")
        with open_writer(self.out, self.kind) as writer:
            self.pool.start()
            with progress_for(self.opened) as tick:
                return run_to_stream(self.rows, self.pool, LineSink(writer), bad_rows.add, tick)

    def to_place(self, bad_rows: QuarantineFile, source: str, options: dict[str, Any], resume: bool) -> Summary:
        """Write a file, a directory or a table by way of the run's folder."""
        from venocode.batch.folder import RunFolder
        from venocode.batch.manifest import fingerprint, finished, output_print, run_key, write_manifest

        folder = RunFolder(self.out, Path(self.table if is_url(self.out) else self.out), self.kind in NEEDS_NOTES)
        if not resume:
            check_output(self.out, self.kind, self.table)
        key = run_key(fingerprint(source), self.pool.start(), options)
        if resume and not folder.unfinished and (known := finished(folder, key, self.table)):
            say(f"{shown(self.out)} is complete already")
            folder.remove()
            bad_rows.keep()
            return known
        if resume:
            check_output(self.out, self.kind, self.table)
        elif folder.unfinished:
            say(f"{shown(self.out)}: an unfinished run is given up and started over; --resume would have gone on")
        folder.begin(key, resume)
        with folder.held():
            summary = self._code(folder)
            self._put_together(folder, bad_rows)
            written = {"output": output_print(self.out, self.table)}
            if summary.quarantined:
                written["quarantine"] = output_print(bad_rows.path)
            workers = {"count": self.pool.size, "replaced": self.pool.replaced}
            write_manifest(folder, key, summary, written, workers)
            folder.remove()
        return summary

    def _code(self, folder: RunFolder) -> Summary:
        from venocode.batch.rows import Ledger
        from venocode.batch.run import run_to_folder, skip_done

        ledger = Ledger()
        skip_done(self.rows, ledger, folder)
        if folder.rows:
            say(f"going on after {folder.rows} rows")
        try:
            with progress_for(self.opened, folder.rows) as tick:
                return run_to_folder(self.rows, ledger, self.pool, folder, tick)
        except BaseException:
            if folder.rows:
                say(f"{folder.rows} rows are kept in {folder.place.name}; the same command with --resume goes on")
            raise

    def _put_together(self, folder: RunFolder, bad_rows: QuarantineFile) -> None:
        from venocode.batch.run import LineSink

        with open_writer(self.out, self.kind, self.table) as writer:
            sink = LineSink(writer)
            for line, row in folder.records():
                sink.write(line, row)
            for entry in folder.entries():
                bad_rows.add(entry)
            bad_rows.close()


def default_quarantine(out: str) -> str:
    """Beside the output; in the working directory when the output is a stream."""
    stream = is_stdout(out) or out.startswith("/dev/") or is_url(out)
    return STDOUT_QUARANTINE if stream else f"{out.rstrip('/')}.quarantine.jsonl"


def refuse_same_file(source: str, out: str, quarantine: str, policy: Path | None = None) -> None:
    """Keep input, output, quarantine and policy apart.

    Raises
    ------
    InputError
        When two of them are the same file.
    """
    places = {"INPUT": source, "OUT": out, "the quarantine": quarantine}
    if policy is not None:
        places["the policy"] = str(policy)
    taken: dict[Path, str] = {}
    for role, path in places.items():
        if path == "-" or path.startswith("/dev/") or is_url(path):
            continue
        place = Path(path).resolve()
        if place in taken:
            raise InputError(f"{path}: is both {taken[place]} and {role}; name two different files")
        taken[place] = role


class QuarantineFile:
    """Opened at the first bad row, so that a clean run leaves no file."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self.path = path
        self.stack = stack
        self.stream: BinaryIO | None = None
        self.kept = False

    def add(self, entry: bytes) -> None:
        """Keep one bad row, a line of JSON."""
        if self.stream is None:
            self.stream = self.stack.enter_context(output(self.path))
        self.stream.write(entry)

    def close(self) -> None:
        """Put the file in its place."""
        self.stack.close()

    def keep(self) -> None:
        """Leave the file of an earlier run as it is."""
        self.kept = True


@contextmanager
def quarantine_file(path: str, ours: bool) -> Iterator[QuarantineFile]:
    """The quarantine of one run.

    Parameters
    ----------
    path : str
        Where bad rows go.
    ours : bool
        Whether the name is the default one: only then does a run without bad rows remove the file of an earlier run.
        A file the user named may be anything and stays.

    Yields
    ------
    QuarantineFile
    """
    with ExitStack() as stack:
        kept = QuarantineFile(path, stack)
        yield kept
        if ours and kept.stream is None and not kept.kept and Path(path).is_file():
            Path(path).unlink()


def report(summary: Summary, quarantine: str) -> None:
    """The last lines of a run, to standard error."""
    units = ", ".join(f"{code} x {n}" for code, n in sorted(summary.units.items()))
    lanes = ", ".join(f"{lane} {summary.lanes.get(lane, 0)}" for lane in ("auto", "review", "query"))
    say(f"{_notes(summary.coded)} coded in {summary.seconds:.1f} s ({summary.speed:.1f} notes/s)")
    say(f"units: {units}; lanes: {lanes}")
    if summary.quarantined:
        say(f"{summary.quarantined} quarantined, each with its reason in {quarantine}")


def _notes(n: int) -> str:
    return f"{n} note" if n == 1 else f"{n} notes"
