"""The text of a Word document: what offsets of its result count."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from venocode.errors import InputError
from venocode.libraries import library

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
#: What a person does not read: deleted and moved text, field codes, and the second copy of a text box.
HIDDEN = frozenset((WORD + "del", WORD + "moveFrom", WORD + "instrText", FALLBACK))
SIGNS = {WORD + "tab": "\t", WORD + "br": "\n", WORD + "cr": "\n", WORD + "noBreakHyphen": "-"}
#: A document that unpacks to more is refused.
LARGEST = 200 * 2**20


def docx_text(data: bytes) -> str:
    """Take the text out of a ``.docx`` file: one line a paragraph, one line a table row with tabs between the cells.

    Headers, footers, notes and the numbers Word puts before list items are not part of it.

    Raises
    ------
    InputError
        When it cannot be read, as the end of a sentence.
    """
    docx = library("docx", "docx")
    try:
        size = sum(item.file_size for item in zipfile.ZipFile(io.BytesIO(data)).infolist())
        body = docx.Document(io.BytesIO(data)).element.body if size <= LARGEST else None
        text = None if body is None else _block(body)
    except Exception as error:  # zip, XML and python-docx errors of many classes
        raise InputError(f"is no whole Word document ({type(error).__name__}); save it again") from None
    if text is None:
        raise InputError("unpacks to more than a note can hold; save its text alone")
    return text


def _is_shown(element: Any) -> bool:
    """Whether an element may hold text to read: no properties, nothing hidden, no comment of the XML file."""
    tag = element.tag
    return len(element) > 0 and isinstance(tag, str) and tag not in HIDDEN and not tag.endswith("Pr")


def _block(element: Any) -> str:
    """The lines of a body, a table cell or a text box."""
    lines = []
    for child in element:
        if child.tag == WORD + "p":
            lines.append(_inline(child))
        elif child.tag == WORD + "tbl":
            lines.extend(_table(child))
        elif _is_shown(child):
            lines.append(_block(child))
    return "\n".join(lines)


def _table(table: Any) -> list[str]:
    rows = (row for row in table.iter(WORD + "tr") if _owner(row) is table)
    return [
        "\t".join(_block(cell).strip("\n") for cell in row.iter(WORD + "tc") if _owner(_owner(cell)) is table)
        for row in rows
    ]


def _owner(element: Any) -> Any:
    """The row of a cell and the table of a row, over content controls between them."""
    wanted = WORD + ("tr" if element.tag == WORD + "tc" else "tbl")
    return next(element.iterancestors(wanted))


def _inline(element: Any) -> str:
    """The text of a paragraph; a text box inside stands on lines of its own."""
    parts = []
    for child in element:
        if child.tag == WORD + "t":
            parts.append(child.text or "")
        elif child.tag in SIGNS:
            parts.append(SIGNS[child.tag])
        elif child.tag == WORD + "txbxContent":
            parts.append(f"\n{_block(child)}\n")
        elif _is_shown(child):
            parts.append(_inline(child))
    return "".join(parts)
