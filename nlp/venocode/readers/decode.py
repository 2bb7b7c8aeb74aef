"""Bytes to text: one place that knows what is not a note."""

from __future__ import annotations

import codecs
import re

from venocode.errors import InputError

#: First bytes of files that are often mistaken for notes.
SIGNATURES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or an office document",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
}
CONTROLS = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\x00"
#: Above this share of control characters a text is taken for binary data.
CONTROL_SHARE = 0.02


def decode(data: bytes, encoding: str = "utf-8") -> str:
    """Decode the bytes of one note; offsets of the result record count the characters returned here.

    Parameters
    ----------
    data : bytes
        The file as it lies on the disk. A byte order mark is not part of the note.
    encoding : str
        Name of a Python codec.

    Raises
    ------
    InputError
        Saying that the data is binary, empty or in another encoding, and what to do.
    """
    for start, kind in SIGNATURES.items():
        if data.startswith(start):
            raise InputError(f"is {kind}, not plain text; extract its text first")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not encoding.lower().startswith("utf-16"):
        raise InputError("is encoded as UTF-16; save it as UTF-8 or give --encoding utf-16")
    try:
        text = data.decode(plain_codec(encoding))
    except UnicodeDecodeError as error:
        if b"\0" in data[:4096]:
            raise InputError("is binary data, not plain text; extract its text first") from None
        raise InputError(
            f"is not valid {encoding} at byte {error.start}; save it as UTF-8 or give --encoding, such as cp1252"
        ) from None
    problem = problem_of(text)
    if problem:
        raise InputError(f"{problem}; give the plain text of a note")
    return text


def plain_codec(encoding: str) -> str:
    """The codec for ``encoding`` that takes a byte order mark away.

    Raises
    ------
    InputError
        When Python knows no such encoding, or it does not encode text.
    """
    try:
        name = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, ValueError):
        raise InputError(f"encoding {encoding!r} is not known; use a name such as utf-8, cp1252 or latin-1") from None
    return "utf-8-sig" if name == "utf-8" else name


def problem_of(text: str) -> str | None:
    """Why a decoded text cannot be a note, as the end of a sentence; ``None`` when it can."""
    if not text.strip(INVISIBLE + " \t\r\n\f\v\xa0"):
        return "is empty" if not text else "holds nothing but white space"
    if "\0" in text or len(CONTROLS.findall(text)) > CONTROL_SHARE * len(text):
        return "holds binary data"
    return None
