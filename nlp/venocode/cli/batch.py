"""``venocode batch``: many notes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from venocode.batch import Summary, run_batch
from venocode.cli.common import QUARANTINED, EncodingOption, ModelOption, PolicyOption, engine_for, say
from venocode.cli.progress import progress_for
from venocode.errors import InputError
from venocode.readers import KINDS, Columns, open_source
from venocode.readers.sql import is_url
from venocode.writers import FORMATS, open_writer
from venocode.writers.base import is_stdout, output
from venocode.writers.jsonl import to_line
from venocode.writers.sql import TABLE

STDOUT_QUARANTINE = "venocode.quarantine.jsonl"


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
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after this many rows.")] = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Code many notes: one result record a note, in the order of the input.

    A row that cannot be coded goes to the quarantine file with its reason, and the run goes on.
    """
    aside = quarantine or default_quarantine(out)
    refuse_same_file(source, out, aside, policy)
    columns = Columns(id_column, text_column, person_column, date_column, encounter_column)
    opened = open_source(source, columns, encoding, sys.stdin.buffer, input_format, query)
    with ExitStack() as stack:
        stack.callback(opened.close)
        writer = stack.enter_context(open_writer(out, output_format, table))
        bad_rows = stack.enter_context(quarantine_file(aside, ours=quarantine is None))
        engine = engine_for(policy, model)
        tick = stack.enter_context(progress_for(opened))
        summary = run_batch(islice(opened.rows, limit), engine, writer, bad_rows.add, tick)
    report(summary, aside)
    if summary.quarantined:
        raise typer.Exit(QUARANTINED)


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
        self.stream: Any = None

    def add(self, entry: dict[str, Any]) -> None:
        """Keep one bad row."""
        if self.stream is None:
            self.stream = self.stack.enter_context(output(self.path))
        self.stream.write(to_line(entry))


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
        if ours and kept.stream is None and Path(path).is_file():
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
