"""Bytes of a note file to text."""

from __future__ import annotations

import codecs
import re

from venocode.errors import InputError

_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x7f]")
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"%PDF-", "a PDF file"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a gzip archive"),
)
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REMEDY = "save it as UTF-8 text"


def decode(data: bytes) -> str:
    """Decode the bytes of a note.

    UTF-8 (with or without a byte order mark) is tried first, UTF-16 and UTF-32 where their mark stands, Windows-1252
    otherwise; bytes that Windows-1252 does not define become U+FFFD.

    Parameters
    ----------
    data : bytes
        A note as stored.

    Returns
    -------
    str
        The note; a byte order mark is not part of it.

    Raises
    ------
    InputError
        If the data is binary: the signature of an archive, a PDF or an office document, NUL bytes outside UTF-16, or
        more than 2 % control characters. The message never quotes the note.
    """
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            return _decode_wide(data, encoding)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise InputError(f"The note is {kind}, not text; {_REMEDY}.")
    if b"\0" in data:
        raise InputError(f"The note is not text (it holds NUL bytes); {_REMEDY}.")
    controls = len(_CONTROL.findall(data))
    if controls > 2 and controls * 50 > len(data):
        raise InputError(f"The note is not text ({controls} control characters); {_REMEDY}.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace")


def _decode_wide(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise InputError(f"The note begins as {encoding.upper()} but is damaged; {_REMEDY}.") from None
    if "\0" in text:
        raise InputError(f"The note is not text (it holds NUL characters); {_REMEDY}.")
    return text
