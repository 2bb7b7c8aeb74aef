"""HTML exports: the text between the tags, with block tags as borders."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from html.parser import HTMLParser

from venocode.text.mapping import CELL, HARD, Mapped

_INLINE = frozenset(
    "a abbr acronym b bdo big cite code del dfn em font i img input ins kbd label q s samp small span strike strong "
    "sub sup tt u var wbr o:p mark".split()
)
_BLOCK = frozenset(
    "address article aside blockquote body br caption center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 "
    "h6 head header hr html li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_CELLS = frozenset(("td", "th"))
_HIDDEN = frozenset(("script", "style", "title", "template", "noscript"))
_KNOWN = _INLINE | _BLOCK | _CELLS | _HIDDEN | frozenset(("meta", "link", "col", "colgroup", "base", "xml"))

_TAG = re.compile(
    r"<(?:/?(?:html|body|head|p|br|div|b|strong|i|em|u|font|span|table|tr|td|th|li|ul|ol|h[1-6]|hr|pre)"
    r"(?:\s+[a-z][\w:-]*\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))*\s*/?|!doctype\s+html[^<>]*)>",
    re.IGNORECASE,
)
_ENTITY_TEXT = re.compile(r"&(?:nbsp|amp|lt|gt|quot|#160|#xa0|#39);", re.IGNORECASE)
_BREAKING = re.compile(r"<(?:p|br|div|tr|li|h[1-6]|hr)\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});?")
_TAIL = re.compile(rf"(?P<entity>{_ENTITY.pattern})|(?P<space>[ \t\n\r\f]+)|[^&\s]+|.", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_NEWLINES_PER_BREAK = 4

Piece = tuple[str, int, int]


def looks_like_html(source: str) -> bool:
    """Whether a note holds clear HTML tags or entities; ``"<5 mL"`` or ``"<20 % left"`` is neither."""
    return ("<" in source and _TAG.search(source) is not None) or (
        "&" in source and _ENTITY_TEXT.search(source) is not None
    )


def read_html(source: str) -> Mapped | None:
    """Take the text out of an HTML export.

    Parameters
    ----------
    source : str
        The export as received.

    Returns
    -------
    Mapped or None
        The text: block tags are hard borders, table cells column borders, an entity stands for its whole slice. None
        where the parser gives up.
    """
    shown = _close_comments(source)
    reader = _Reader(shown)
    last = shown.rfind(">") + 1
    try:
        reader.feed(shown[:last])
        reader.close()
    except (AssertionError, ValueError, IndexError, RecursionError):
        return None
    if reader.hides:
        return None
    reader.finish(last)
    return Mapped.pieces(reader.pieces)


def _close_comments(source: str) -> str:
    """Disarm comments that never end, so that the parser neither hides nor rescans the rest; the length stays."""
    last = source.rfind("-->")
    start = last + 3 if last >= 0 else 0
    if source.find("<!--", start) < 0:
        return source
    return source[:start] + source[start:].replace("<!--", " !--")


class _Reader(HTMLParser):
    """Collects ``(text, start, end)`` pieces."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self.pieces: list[Piece] = []
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self._covered = 0
        self._hidden = 0
        self._kept = 0
        self._cells = 0
        self._cell_empty = True
        self._wait = ""
        self._wait_at = (0, 0)
        self._free_lines = source.count("\n") > _NEWLINES_PER_BREAK * len(_BREAKING.findall(source))

    @property
    def hides(self) -> bool:
        """Whether a script, style or title was never closed, so that the rest of the note is missing."""
        return self._hidden > 0

    def finish(self, start: int) -> None:
        """Take the text behind the last tag."""
        start = max(start, self._covered)
        for found in _TAIL.finditer(self.source, start):
            if found["entity"]:
                self._emit(_decoded(found[0]), found.start(), found.end())
            elif found["space"] and not (self._kept or self._free_lines):
                self._put_space(found.start(), found.end())
            else:
                self._emit(found[0], found.start(), found.end())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        start, end = self._span(len(raw))
        if tag not in _KNOWN and ":" not in tag:
            self._emit(raw, start, end)
        elif tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self._flush()
            self._put(HARD, start, end)
        elif tag == "pre":
            self._kept += 1
            self._border(start, end)
        elif tag in _CELLS:
            self._open_cell(start, end)
        elif tag in _BLOCK:
            self._cells = 0 if tag == "tr" else self._cells
            self._border(start, end)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        start = self._offset()
        close = self.source.find(">", start)
        start, end = self._span((close + 1 if close >= 0 else len(self.source)) - start)
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _CELLS:
            self._cells = max(0, self._cells - 1)
            if self._wait == HARD:
                self._wait = ""
        elif tag in _BLOCK and tag != "br":
            self._kept = max(0, self._kept - (tag == "pre"))
            self._border(start, end)

    def handle_data(self, data: str) -> None:
        start, end = self._span(len(data))
        if self._hidden:
            return
        if self.source[start:end] != data:
            self._emit(data, start, max(end, start))
            return
        if self._kept or self._free_lines:
            self._emit(data, start, end)
            return
        position = 0
        for found in _SPACE.finditer(data):
            if position < found.start():
                self._emit(data[position : found.start()], start + position, start + found.start())
            self._put_space(start + found.start(), start + found.end())
            position = found.end()
        if position < len(data):
            self._emit(data[position:], start + position, end)

    def handle_charref(self, name: str) -> None:
        self._reference()

    def handle_entityref(self, name: str) -> None:
        self._reference()

    def unknown_decl(self, data: str) -> None:
        """CDATA and the like hold nothing a reader of the page would see."""

    def _reference(self) -> None:
        found = _ENTITY.match(self.source, self._offset())
        if found is None or self._hidden:
            return
        start, end = self._span(len(found[0]))
        self._emit(_decoded(found[0]), start, end)

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[min(line, len(self._line_starts)) - 1] + column

    def _span(self, length: int) -> tuple[int, int]:
        """Source slice of what the parser is at; never before what is already covered."""
        size = len(self.source)
        start = min(max(self._offset(), self._covered), size)
        end = min(start + length, size)
        self._covered = end
        return start, end

    def _open_cell(self, start: int, end: int) -> None:
        self._cells += 1
        self._cell_empty = True
        if self._wait != HARD:
            self._wait, self._wait_at = CELL, (start, end)

    def _border(self, start: int, end: int) -> None:
        """Ask for a border before the next text, unless it would split a table row at the edge of a cell."""
        if self._cells and self._cell_empty:
            return
        self._wait, self._wait_at = HARD, (start, end)

    def _flush(self) -> None:
        if self._wait and self.pieces:
            self._put(self._wait, *self._wait_at)
        self._wait = ""

    def _put(self, text: str, start: int, end: int) -> None:
        if start < end:
            self.pieces.append((text, start, end))

    def _put_space(self, start: int, end: int) -> None:
        if not self._wait and self.pieces:
            self._put(" ", start, end)

    def _emit(self, text: str, start: int, end: int) -> None:
        if self._hidden or not text:
            return
        if text.strip() or not self._cells:
            self._flush()
            self._cell_empty = False
        elif self._wait:
            return
        self._put(text, start, end)


def _decoded(entity: str) -> str:
    """The characters of an entity; one without its semicolon counts only under a name that allows it."""
    bare = not entity.endswith(";") and not entity.startswith("&#") and entity[1:] not in html5
    return entity if bare else unescape(entity)
