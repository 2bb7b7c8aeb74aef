"""FHIR R4 DocumentReference and DiagnosticReport resources, in a Bundle, alone, or one a line (NDJSON).

Other resources are passed over, but counted, so that the row number is the position of the resource in its file.
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any

from venocode.errors import InputError
from venocode.libraries import library
from venocode.readers.attachment import attached_text
from venocode.readers.decode import plain_codec
from venocode.readers.files import Stream, bounded_lines
from venocode.readers.jsonl import read_object
from venocode.readers.rows import Context, Row, Source, bad_row, iso_date, make_row, optional_id

#: Renditions of one document, the best first.
KINDS = ("text/plain", "text/html", "application/xhtml+xml", "application/rtf", "text/rtf")
_PEEK = 8192
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)

Entry = tuple[Any, Any]
"""A resource (or the problem with it, a string) and the full URL of its entry."""


def open_fhir(stream: Stream, encoding: str = "utf-8") -> Source:
    """Read the notes of a Bundle or of NDJSON, one resource at a time.

    Parameters
    ----------
    stream : Stream
        JSON in UTF-8, as FHIR requires.
    encoding : str
        Encoding of attachments that name none.

    Raises
    ------
    InputError
        When the input is a Bundle and the library that streams it is missing.
    """
    plain_codec(encoding)
    reader: Any = io.BufferedReader(stream.bytes, _PEEK)
    head = reader.peek(_PEEK)
    if head.startswith(BOM_UTF8):
        reader.read(len(BOM_UTF8))
    entries = (
        _lines(reader) if _one_a_line(head.removeprefix(BOM_UTF8)) else _document(reader, library("ijson", "fhir"))
    )
    return Source(_rows(entries, encoding), stream.size, stream.done, stream.close)


def _one_a_line(head: bytes) -> bool:
    """Whether each line is a resource: its first line ends like one, or is too long to tell and no Bundle."""
    first, newline, _ = head.lstrip().partition(b"\n")
    return first.rstrip().endswith(b"}") if newline else b'"Bundle"' not in head


def _lines(reader: Any) -> Iterator[Entry]:
    for line in bounded_lines(reader.readline):
        if line is None:
            yield "line is too long to be a note", None
            continue
        resource = read_object(line, "utf-8") if line.strip() else {}
        yield from _opened(resource)


def _opened(resource: Any) -> Iterator[Entry]:
    entries = _at(resource, "entry")
    if _at(resource, "resourceType") == "Bundle" and isinstance(entries, list):
        for entry in entries:
            yield _at(entry, "resource"), _at(entry, "fullUrl")
    else:
        yield resource, None


def _document(reader: Any, ijson: Any) -> Iterator[Entry]:
    """The entries of one or more JSON documents, each built and let go in turn."""
    whole, entry = ijson.ObjectBuilder(), None
    try:
        for prefix, event, value in ijson.parse(reader, multiple_values=True, use_float=True):
            if prefix.startswith("entry.item") and prefix[10:11] in ("", "."):
                entry = entry or ijson.ObjectBuilder()
                entry.event(event, value)
                if prefix == "entry.item" and event not in ("start_map", "map_key", "start_array"):
                    yield _at(entry.value, "resource"), _at(entry.value, "fullUrl")
                    entry = None
            else:
                whole.event(event, value)
                if not prefix and event not in ("start_map", "map_key", "start_array"):
                    if _at(whole.value, "resourceType") != "Bundle":
                        yield whole.value, None
                    whole = ijson.ObjectBuilder()
    except (ijson.JSONError, ValueError, RecursionError):
        yield "the rest of the file is not valid JSON", None


def _rows(entries: Iterator[Entry], encoding: str) -> Iterator[Row]:
    for number, (resource, url) in enumerate(entries, start=1):
        if isinstance(resource, str):
            yield Row(number, None, problem=resource)
        elif _at(resource, "resourceType") in ("DocumentReference", "DiagnosticReport"):
            yield _row(number, resource, url, encoding)


def _row(number: int, resource: dict[str, Any], url: Any, encoding: str) -> Row:
    note_id = _note_id(resource, url)
    try:
        if _at(resource, "status") == "entered-in-error":
            raise InputError("resource is marked as entered in error")
        return make_row(number, note_id, _text(resource, encoding), _context(resource))
    except InputError as error:
        return bad_row(number, note_id, str(error))


def _note_id(resource: dict[str, Any], url: Any) -> Any:
    named = (_at(resource, "id"), _at(resource, "masterIdentifier", "value"), _at(resource, "identifier", 0, "value"))
    return next((name for name in (*named, url) if isinstance(name, str) and name.strip()), None)


def _text(resource: dict[str, Any], encoding: str) -> str:
    """The best rendition of the document that can be read."""
    if resource["resourceType"] == "DocumentReference":
        found = [_at(content, "attachment") for content in _list(_at(resource, "content"))]
    else:
        found = _list(_at(resource, "presentedForm"))
    attachments = [a for a in found if isinstance(a, dict)]
    if not attachments and isinstance(_at(resource, "conclusion"), str):
        return str(resource["conclusion"])
    problem = "resource holds no attachment"
    for attachment in sorted(attachments, key=_preference):
        try:
            return _attachment(attachment, encoding)
        except InputError as error:
            problem = f"attachment {error}" if problem.startswith("resource") else problem
    raise InputError(problem)


def _preference(attachment: dict[str, Any]) -> int:
    kind = _kind(attachment)
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _kind(attachment: dict[str, Any]) -> str:
    return str(attachment.get("contentType") or KINDS[0]).partition(";")[0].strip().lower()


def _attachment(attachment: dict[str, Any], encoding: str) -> str:
    if _kind(attachment) not in KINDS:
        raise InputError(f"is of a kind that is not read; it must be one of {', '.join(KINDS)}")
    if "data" not in attachment and "url" in attachment:
        raise InputError("is only linked; export it with its data")
    charset = _CHARSET.search(str(attachment.get("contentType")))
    return attached_text(attachment.get("data"), charset[1] if charset else encoding)


def _context(resource: dict[str, Any]) -> Context:
    place = _at(resource, "context")
    visit = _at(place, "encounter", 0, "reference") or _at(resource, "encounter", "reference")
    dates = (
        _at(place, "period", "start"),
        _at(resource, "effectiveDateTime"),
        _at(resource, "effectivePeriod", "start"),
        _at(resource, "date"),
        _at(resource, "issued"),
    )
    day = next((day for day in map(iso_date, dates) if day), None)
    name = optional_id(_at(resource, "id"))
    reference = f"{resource['resourceType']}/{name}" if name else None
    return Context(optional_id(_at(resource, "subject", "reference")), day, optional_id(visit), reference)


def _at(value: Any, *path: str | int) -> Any:
    """What stands at a path of keys and positions; ``None`` where there is nothing."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
