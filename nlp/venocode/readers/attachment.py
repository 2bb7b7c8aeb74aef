"""Notes that travel as base64 inside a message."""

from __future__ import annotations

import base64
import binascii

from venocode.errors import InputError
from venocode.readers.decode import decode


def attached_text(data: object, encoding: str) -> str:
    """Decode a base64 attachment; offsets count the characters of what comes out, markup included.

    Raises
    ------
    InputError
        As the end of a sentence.
    """
    if not isinstance(data, str) or not data.strip():
        raise InputError("holds no data")
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("is not valid base64") from None
    return decode(raw, encoding)
