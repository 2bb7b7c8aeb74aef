"""HL7 v2 messages that carry notes: MDM (T02 and its kin) and ORU (R01).

Messages are split and unescaped here: the libraries that exist write values they cannot unescape to the log, drop what
follows a single backslash in running text, and hold a whole file in memory.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from venocode.errors import InputError
from venocode.readers.attachment import attached_text
from venocode.readers.decode import plain_codec
from venocode.readers.files import LONGEST, Stream
from venocode.readers.rows import Context, Row, Source, bad_row, iso_date, make_row, optional_id

_CHUNK = 2**16
#: Ends of segments, and the MLLP signs that stand around a message.
_ENDS = re.compile(rb"[\r\n\x0b\x1c]+")
_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}")
#: The beginning of a message or of an envelope around several; a word of running text is followed by other signs.
_HEAD = re.compile(rb"(?:MSH|FHS|BHS|BTS|FTS)[^\w\s:;,.()/-]")
_CHARSETS = {"UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UNICODE": "utf-8", "ASCII": "utf-8"}
#: MDM messages that tell of a document and do not hold it.
_NOTICES = frozenset(("T01", "T03", "T05", "T07", "T09", "T11"))
_TEXT_TYPES = frozenset(("TX", "FT", "ST", ""))
#: Result states of OBX-11 that take a value back.
_WITHDRAWN = frozenset("DWX")
_BREAKS = frozenset(("br", "sp", "ce"))
_MOST_SPACES = 100


@dataclass(frozen=True, slots=True)
class Message:
    """The segments of a message, each split into fields, and its own delimiters."""

    segments: list[list[str]]
    component: str
    repetition: str
    escape: re.Pattern[str]
    signs: dict[str, str]
    codec: str

    def first(self, name: str, number: int) -> str:
        """The first component of a field of the first segment of this name; empty when there is none."""
        return next((self.head(s, number) for s in self.segments if s[0] == name), "")

    def head(self, segment: list[str], number: int) -> str:
        """The first component of the first repetition of a field."""
        value = field(segment, number).partition(self.repetition)[0].partition(self.component)[0]
        return self.unescaped(value).strip()

    def unescaped(self, value: str) -> str:
        """A value with its escape sequences resolved; what is no escape sequence stays as it is."""
        return self.escape.sub(partial(_sequence, self.signs, self.codec), value)


def open_hl7(stream: Stream, encoding: str = "utf-8") -> Source:
    """Read the notes of a file of messages; the row number is the position of the message.

    Parameters
    ----------
    stream : Stream
        Messages one after the other, with or without MLLP signs and batch envelopes. Segments end in CR, LF or both.
    encoding : str
        Encoding of messages that name none in MSH-18.
    """
    plain_codec(encoding)
    return Source(_rows(_messages(stream.bytes), encoding), stream.size, stream.done, stream.close)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    parts: list[bytes] = []
    chunk = stream.read(_CHUNK).removeprefix(BOM_UTF8)
    while chunk:
        *ended, last = _ENDS.split(chunk)
        for piece in ended:
            parts.append(piece)
            yield b"".join(parts)
            parts = []
        parts.append(last)
        if sum(map(len, parts)) > LONGEST:
            yield b"".join(parts)
            parts = []
        chunk = stream.read(_CHUNK)
    yield b"".join(parts)


def _messages(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Messages as segments; data that stands outside of one begins with an empty segment."""
    message: list[list[bytes]] = []
    length = 0
    for line in _lines(stream):
        if _HEAD.match(line):
            if message:
                yield _joined(message)
            message, length = ([[line]] if line.startswith(b"MSH") else []), len(line)
        elif not line.strip():
            continue
        elif length > LONGEST or not message or not message[0]:
            message = [[]]
        else:
            length += len(line)
            if _NAME.match(line) and line[3:4] == message[0][0][3:4]:
                message.append([line])
            else:  # a line end inside a value
                message[-1].append(line)
    if message:
        yield _joined(message)


def _joined(message: list[list[bytes]]) -> list[bytes]:
    return [b"\n".join(lines) for lines in message]


def _rows(messages: Iterator[list[bytes]], encoding: str) -> Iterator[Row]:
    for number, segments in enumerate(messages, start=1):
        try:
            yield from _notes(number, parse(segments, encoding))
        except InputError as error:
            yield Row(number, None, problem=f"message {error}")


def parse(segments: list[bytes], encoding: str) -> Message:
    """Split a message by the delimiters of its MSH segment.

    Raises
    ------
    InputError
        As the end of a sentence.
    """
    header = segments[0]
    if not header:
        raise InputError("has no MSH segment of its own, or is too long to hold notes")
    separator = chr(header[3])
    signs = header.decode("latin-1").split(separator)
    marks = f"{signs[1]:4.4}" if len(signs) > 1 else ""
    if len(set(marks + separator)) != 5 or any(mark.isalnum() or mark.isspace() for mark in marks):
        raise InputError("has no usable delimiters in MSH-2")
    component, repetition, escape, subcomponent = tuple(marks)
    codec = _codec(signs[17].partition(repetition)[0] if len(signs) > 17 else "", encoding)
    try:
        split = [segment.decode(codec).split(separator) for segment in segments]
    except UnicodeDecodeError:
        raise InputError(f"is not valid {codec}; name another encoding with --encoding") from None
    mark = re.escape(escape)
    pattern = re.compile(
        rf"{mark}([HNFSTRE]|X(?:[0-9A-Fa-f]{{2}})+|\.[a-z]{{2}}[+-]?\d{{0,4}}|Z[^{mark}]{{0,80}}){mark}"
    )
    values = {"F": separator, "S": component, "T": subcomponent, "R": repetition, "E": escape, "H": "", "N": ""}
    return Message(split, component, repetition, pattern, values, codec)


def _codec(charset: str, encoding: str) -> str:
    name = charset.strip().upper()
    if name.startswith("8859/"):
        return (
            f"iso8859-{name[5:]}"
            if name[5:].isdigit() and int(name[5:]) in range(1, 17) and name[5:] != "12"
            else "utf-8"
        )
    return _CHARSETS.get(name) or plain_codec(encoding).removesuffix("-sig")


def _sequence(signs: dict[str, str], codec: str, found: re.Match[str]) -> str:
    code = found[1]
    if code in signs:
        return signs[code]
    if code[0] == "X":
        return bytes.fromhex(code[1:]).decode(codec, "replace")
    if code[0] == "Z":
        return ""
    number = code[3:].lstrip("+-")
    times = min(int(number), _MOST_SPACES) if number else 1
    if code[1:3] in _BREAKS:
        return "\n" * times
    return " " * times if code[1:3] in ("sk", "ti", "in") and code[3:4] != "-" else ""


def field(segment: list[str], number: int) -> str:
    """A field by its number in the standard; MSH counts its own separator as the first."""
    number -= segment[0] == "MSH"
    return segment[number] if number < len(segment) else ""


def _notes(number: int, message: Message) -> Iterator[Row]:
    """The notes of a message: one of an MDM message, one for each order group of an ORU message."""
    kind, trigger, *_ = (*field(message.segments[0], 9).split(message.component), "")
    if not kind.strip():
        raise InputError("names no type in MSH-9")
    if kind not in ("MDM", "ORU") or trigger in _NOTICES:
        return
    groups = [g for g in _groups(message, kind) if any(s[0] == "OBX" for s in g)]
    if not groups:
        raise InputError("holds no OBX segment")
    for position, group in enumerate(groups, start=1):
        note_id = _note_id(message, group, kind) or message.first("MSH", 10)
        if len(groups) > 1 and not _note_id(message, group, kind):
            note_id = f"{note_id}-{position}"
        try:
            yield make_row(number, note_id, _text(message, group), _context(message, group))
        except InputError as error:
            yield bad_row(number, note_id, f"message {error}")


def _groups(message: Message, kind: str) -> list[list[list[str]]]:
    groups: list[list[list[str]]] = [[]]
    for segment in message.segments:
        if segment[0] == "OBR" and kind == "ORU":
            groups.append([])
        groups[-1].append(segment)
    return groups


def _note_id(message: Message, group: list[list[str]], kind: str) -> str:
    if kind == "MDM":
        return message.first("TXA", 12)
    order = next((s for s in group if s[0] == "OBR"), ["OBR"])
    return message.head(order, 3) or message.head(order, 2)


def _context(message: Message, group: list[list[str]]) -> Context:
    order = next((s for s in group if s[0] == "OBR"), ["OBR"])
    dates = (message.head(order, 7), message.first("TXA", 4), message.first("MSH", 7))
    day = next((day for day in map(iso_date, dates) if day), None)
    return Context(optional_id(message.first("PID", 3)), day, optional_id(message.first("PV1", 19)))


def _text(message: Message, group: list[list[str]]) -> str:
    """The text of the OBX segments, one line each; an embedded document only where there is no plain text."""
    results = [s for s in group if s[0] == "OBX" and message.head(s, 11) not in _WITHDRAWN]
    plain = [field(s, 5) for s in results if field(s, 2) in _TEXT_TYPES]
    if any(value.strip() for value in plain):
        return "\n".join(message.unescaped(part) for value in plain for part in value.split(message.repetition))
    embedded = [field(s, 5) for s in results if field(s, 2) == "ED"]
    if not embedded:
        raise InputError("holds no OBX segment with text")
    return _embedded(message, embedded[0])


def _embedded(message: Message, value: str) -> str:
    parts = value.split(message.component, 4)
    if len(parts) < 5:
        raise InputError("holds an embedded document without data")
    if parts[3].strip().lower() != "base64":
        return message.unescaped(parts[4])
    try:
        return attached_text(message.unescaped(parts[4]), message.codec)
    except InputError as error:
        raise InputError(f"holds an embedded document that {error}") from None
