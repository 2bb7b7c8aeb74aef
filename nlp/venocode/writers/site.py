"""A run as pages to look at: an index of the notes and one page for each."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from venocode.readers.rows import Row
from venocode.records import NoteResult
from venocode.writers.base import file_name, name_of
from venocode.writers.html import page_head, render_page, safe

#: Notes on one page of the index.
PAGE_LENGTH = 1_000

TABLE = """<header><h1>Notes of a run, page {number}</h1></header>
<main>
<table><thead><tr><th scope="col">Note</th><th scope="col">37248</th><th scope="col">37249</th>
<th scope="col">Lane</th><th scope="col">Probability</th><th scope="col">Counted veins</th><th scope="col">Flags</th>
</tr></thead><tbody>
"""


class SiteWriter:
    """Writes ``index.html`` (then ``index-2.html`` ...) and ``notes/NOTE.html`` into a directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        self.notes = 0
        self.page: TextIO | None = None
        (folder / "notes").mkdir()

    def write(self, result: NoteResult, row: Row) -> None:
        name = f"{file_name(result.note_id)}.html"
        (self.folder / "notes" / name).write_text(render_page(row.text, result), encoding="utf-8", newline="")
        if self.page is None or self.notes >= PAGE_LENGTH:
            self.page = self._next_page(self.page)
        self.page.write(_line(result, f"notes/{quote(name)}"))
        self.notes += 1

    def close(self) -> None:
        self._finish(self.page or self._next_page(None), more=False)

    def _next_page(self, before: TextIO | None) -> TextIO:
        if before is not None:
            self._finish(before, more=True)
        self.number += 1
        self.notes = 0
        page = (self.folder / page_name(self.number)).open("w", encoding="utf-8")
        page.write(page_head(f"venocode: notes of a run, page {self.number}") + TABLE.format(number=self.number))
        return page

    def _finish(self, page: TextIO, more: bool) -> None:
        links = [(self.number - 1, "Earlier notes")] if self.number > 1 else []
        links += [(self.number + 1, "Later notes")] if more else []
        shown = " ".join(f'<a href="{page_name(number)}">{words}</a>' for number, words in links)
        page.write(f"</tbody></table>\n<nav>{shown}</nav>\n</main>\n</body>\n</html>\n")
        page.close()


def page_name(number: int) -> str:
    """The file of a page of the index."""
    return "index.html" if number == 1 else f"index-{number}.html"


def _line(result: NoteResult, link: str) -> str:
    counted = "; ".join(name_of(v.vein) for v in result.veins if v.decision == "counted")
    cells = (
        str(result.units("37248")),
        str(result.units("37249")),
        result.disposition,
        f"{result.probability:.2f}",
        counted,
        "; ".join(f.flag for f in result.flags),
    )
    shown = "".join(f"<td>{safe(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row"><a href="{escape(link)}">{safe(result.note_id)}</a></th>{shown}</tr>\n'
