"""One note from a file or from standard input."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from venocode.errors import InputError, describe
from venocode.readers.folder import document_text


def read_note(path: str, encoding: str = "utf-8", stdin: BinaryIO | None = None) -> str:
    """Read one note exactly as it was received: no line ending is changed, no character dropped.

    Of a Word document it is the text that ``docx_text`` takes out.

    Parameters
    ----------
    path : str
        A text, HTML, RTF or Word file, or ``-`` for ``stdin``.
    encoding : str
        Name of a Python codec.
    stdin : binary stream, optional
        What ``-`` reads.

    Raises
    ------
    InputError
        In one sentence, naming the file and the remedy.
    """
    name = "standard input" if path == "-" else path
    try:
        data = stdin.read() if path == "-" and stdin else Path(path).read_bytes()
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory; code it with 'venocode batch {path} -o OUT'") from None
    except OSError as error:
        raise InputError(f"{path}: {describe(error)}; check the path of the note") from None
    try:
        return document_text(path, data, encoding)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
