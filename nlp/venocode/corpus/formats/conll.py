r"""CoNLL columns (``.conll``): one token a line with a BIO tag, the text rebuilt exactly.

A note begins with two comment lines, ``# note = {...}`` (id, style, phenomena and gold record as JSON) and ``# lead = ...``
(white space before the first token). Columns, divided by tabs: the token, its start, its end, the white space after it
(``_`` none, ``\s`` space, ``\n``, ``\r``, ``\t``, ``\uXXXX``), the tag (``O``, ``B-VEIN``, ``I-VEIN``), and on the first
token of a mark its attributes as a mark writes them (``left femoral_vein:treated``), else ``_``. A blank line ends a line
of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from venocode.corpus.formats.files import text_of, write_chunks
from venocode.corpus.formats.tokens import WORD, cut
from venocode.corpus.gold import ATTRIBUTES, Draft, GoldNote, draft_of, place_of, where
from venocode.corpus.marked import attributes_of, parse_attributes, refuse_overlap
from venocode.errors import CorpusError

NOTE, LEAD = "# note = ", "# lead = "
NAMED = {" ": "\\s", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPE = re.compile(r"\\(?:([snrt])|u([0-9a-f]{4}))")
COLUMNS = 6


# --- writing -------------------------------------------------------------------------------------------------------------


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write notes as columns.

    Raises
    ------
    CorpusError
        When two marks overlap or a mark begins or ends with white space.
    """
    write_chunks((_block(note).encode("utf-8") for note in notes), out)


def _block(note: GoldNote) -> str:
    _refuse(note)
    record = note.to_dict()
    del record["text"], record["spans"]
    text, cuts = note.text, list(cut(WORD, note.text, note.spans))
    starts = [start for start, _ in cuts] + [len(text)]
    tags = _tags(cuts, note.spans)
    lines = [f"{NOTE}{json.dumps(record)}", f"{LEAD}{_escaped(text[: starts[0]])}"]
    for (start, end), following, (tag, attributes) in zip(cuts, starts[1:], tags, strict=True):
        space = text[end:following]
        lines.append("\t".join((text[start:end], str(start), str(end), _escaped(space), tag, attributes)))
        if "\n" in space:
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n\n"


def _refuse(note: GoldNote) -> None:
    try:
        refuse_overlap(note.spans)
    except CorpusError as error:
        raise CorpusError(f"{place_of(note.note_id)}: {error}") from None
    for span in note.spans:
        if span["text"] != span["text"].strip():
            raise CorpusError(
                f"{place_of(note.note_id)}: {where(span)} begins or ends with white space, which is no token; "
                "mark the words only"
            )


def _tags(cuts: Iterable[tuple[int, int]], spans: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Tag and attributes of every token."""
    waiting = list(reversed(list(spans)))
    for start, end in cuts:
        span = waiting[-1] if waiting and waiting[-1]["start"] <= start else None
        if span is None:
            yield "O", "_"
        elif span["start"] == start:
            yield f"B-{span['label']}", attributes_of(span) or "_"
        else:
            yield f"I-{span['label']}", "_"
        if span is not None and span["end"] == end:
            waiting.pop()


def _escaped(space: str) -> str:
    return "".join(NAMED.get(c, f"\\u{ord(c):04x}") for c in space) or "_"


# --- reading -------------------------------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[Draft]:
    """The notes of a file with everything that is wrong with each."""
    before, *blocks = re.split(rf"(?m)^{NOTE}", text_of(path))
    if before.strip():
        yield Draft("head of the file", None, (f"lines stand before the first '{NOTE.strip()}'; give the note one",))
    line = before.count("\n") + 1
    for block in blocks:
        yield _Reader(block, line).draft()
        line += block.count("\n")


class _Reader:
    """One note as it is put together again."""

    def __init__(self, block: str, first_line: int) -> None:
        self.record, *self.lines = block.split("\n")
        self.first_line = first_line
        self.text = ""
        self.open: dict[str, Any] | None = None
        self.spans: list[dict[str, Any]] = []
        self.faults: list[str] = []

    def draft(self) -> Draft:
        place = f"line {self.first_line}"
        try:
            record = json.loads(self.record)
        except (ValueError, RecursionError):
            return Draft(place, None, ("the record of the note is not valid JSON; mend it there",))
        for number, line in enumerate(self.lines, start=self.first_line + 1):
            try:
                self._line(line.removesuffix("\r"))
            except (CorpusError, ValueError) as error:
                self.faults.append(f"line {number}: {error}")
        for span in self.spans:
            span["text"] = self.text[span["start"] : span["end"]]
        if isinstance(record, dict):
            record = record | {"text": self.text, "spans": self.spans}
        return draft_of(record, place, self.faults)

    def _line(self, line: str) -> None:
        if line.startswith(LEAD):
            self.text += _unescaped(line.removeprefix(LEAD))
        elif line:
            columns = line.split("\t")
            if len(columns) != COLUMNS:
                raise CorpusError(f"has {len(columns)} columns; write {COLUMNS}, divided by tabs")
            self._token(*columns)

    def _token(self, form: str, start: str, end: str, space: str, tag: str, attributes: str) -> None:
        at, until = len(self.text), len(self.text) + len(form)
        self.text += form + _unescaped(space)
        if (start, end) != (str(at), str(until)):
            raise CorpusError(f"offsets do not fit the tokens before it, which end at {at}; mend the columns")
        begins, _, label = tag.partition("-")
        if tag != "O" and (begins not in ("B", "I") or label not in ATTRIBUTES):
            raise CorpusError(f"tag is unknown; allowed: O, and B- or I- with {', '.join(ATTRIBUTES)}")
        if begins == "I":
            if self.open is None or self.open["label"] != label:
                raise CorpusError("an I- tag follows no B- tag of its label; begin the mark with B-")
            self.open["end"] = until
            return
        self.open = {"label": label, "start": at, "end": until} if begins == "B" else None
        if self.open is not None:
            self.spans.append(self.open)
            written = None if attributes == "_" else attributes
            self.open |= parse_attributes(label, written, at)


def _unescaped(written: str) -> str:
    if written == "_":
        return ""
    names = {escape[1]: char for char, escape in NAMED.items()}
    space = ESCAPE.sub(lambda m: names[m[1]] if m[1] else chr(int(m[2], 16)), written)
    if not space.isspace():
        raise CorpusError("the column of white space holds something else; see the format")
    return space
