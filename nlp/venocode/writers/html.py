"""One note as one self-contained page: the text with its mentions, the veins, the codes and the flags.

Nothing is fetched and nothing runs: no script, no font, no image. All text of the note is escaped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import count, pairwise

from venocode.records import Evidence, Mention, NoteResult, VeinDecision
from venocode.writers.base import name_of
from venocode.writers.words import LANES, reason_in_words

#: Label of a mention -> letter shown beside it, words of the legend.
KINDS = {
    "ANGIOPLASTY": ("A", "angioplasty"),
    "VEIN": ("V", "vein or vessel"),
    "FLUOROSCOPY": ("F", "fluoroscopy"),
    "ACCESS": ("X", "access"),
    "EVIDENCE": ("E", "evidence of a decision"),
}
UNSAFE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the note to be coloured; ``anchor`` is the id that a link in the tables jumps to."""

    start: int
    end: int
    kind: str
    title: str
    anchor: str = ""


def render_page(text: str, result: NoteResult) -> str:
    """The page for one note.

    Parameters
    ----------
    text : str
        The note as it was coded.
    result : NoteResult
        Its result record; offsets beyond the text are passed over.

    Returns
    -------
    str
        A complete HTML document.
    """
    anchors = _Anchors()
    body = "\n".join([_codes(result), _veins(result.veins, anchors), _others(result, anchors)])
    marks = [*map(_mention_mark, result.mentions), *anchors.marks]
    note = "".join(_marked(text, marks))
    return PAGE.format(
        head=page_head(f"venocode: {result.note_id}"),
        note_id=safe(result.note_id),
        body=body,
        legend=_legend(),
        note=note,
        foot=_foot(result),
    )


@cache
def _style() -> str:
    return files("venocode.writers").joinpath("page.css").read_text(encoding="utf-8")


def page_head(title: str) -> str:
    """A page up to the beginning of its body, with its style inside."""
    return HEAD.format(title=safe(title), style=_style())


HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
"""
PAGE = """{head}<header><h1>Note {note_id}</h1></header>
<main>
<div class="side">
{body}
</div>
<section aria-labelledby="h-note"><h2 id="h-note">Note</h2>
{legend}
<div class="note" tabindex="0" role="region" aria-labelledby="h-note">{note}</div></section>
</main>
<footer>{foot}</footer>
</body>
</html>
"""


class _Anchors:
    """Hands out one id for each piece of evidence and remembers where it stands."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._numbers = count(1)

    def link(self, evidence: Evidence) -> str:
        anchor = f"e{next(self._numbers)}"
        self.marks.append(Mark(evidence.start, evidence.end, "EVIDENCE", f"evidence, {evidence.rule}", anchor))
        quote = safe(" ".join(evidence.text.split()))
        where = f' <span class="where">{safe(evidence.section)}, {safe(evidence.rule)}</span>'
        return f'<a href="#{anchor}"><q>{quote}</q></a>{where}'

    def items(self, evidence: Iterable[Evidence]) -> str:
        links = "".join(f"<li>{self.link(e)}</li>" for e in evidence)
        return f'<ul class="evidence">{links}</ul>' if links else ""


def _codes(result: NoteResult) -> str:
    rows = "".join(
        f'<tr><th scope="row">{safe(c.code)}</th><td>{c.units}</td>'
        f"<td>{safe('; '.join(name_of(v) for v in c.veins))}</td></tr>"
        for c in result.codes
    )
    table = (
        '<table><thead><tr><th scope="col">Code</th><th scope="col">Units</th><th scope="col">Veins</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        if rows
        else "<p>No unit of 37248 or 37249 is supported.</p>"
    )
    lane = LANES.get(result.disposition, "")
    return _section(
        "Codes",
        f'{table}<p class="lane lane-{safe(result.disposition)}"><strong>{safe(result.disposition)}</strong>: '
        f"{safe(lane)} (probability {result.probability:.2f})</p>",
    )


def _veins(decisions: Iterable[VeinDecision], anchors: _Anchors) -> str:
    rows = "".join(
        f'<tr class="{"counted" if d.decision == "counted" else "left-out"}"><th scope="row">{safe(name_of(d.vein))}'
        f"</th><td>{safe(reason_in_words(d))}</td><td>{d.probability:.2f}</td><td>{anchors.items(d.evidence)}</td></tr>"
        for d in decisions
    )
    if not rows:
        return _section("Veins", "<p>No vein is named in a way that bears on the codes.</p>")
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Vein", "Decision", "Probability", "Evidence"))
    return _section("Veins", f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")


def _others(result: NoteResult, anchors: _Anchors) -> str:
    flags = [f"<strong>{safe(f.flag)}</strong>{anchors.items(f.evidence)}" for f in result.flags]
    access = [
        f"{safe(a.side + ' ' if a.side in ('left', 'right') else '')}{safe(a.vessel.replace('_', ' '))}, "
        f"{safe(a.approach)}{anchors.items(a.evidence)}"
        for a in result.access
    ]
    fluoroscopy = [anchors.link(e) for e in result.fluoroscopy]
    return "\n".join(
        _section(title, f"<ul>{''.join(f'<li>{i}</li>' for i in items)}</ul>" if items else f"<p>{none}</p>")
        for title, items, none in (
            ("Flags", flags, "None."),
            ("Reasons", [safe(r) for r in result.rationale], "None."),
            ("Access", access, "No access site is documented."),
            ("Fluoroscopy", fluoroscopy, "Not documented."),
        )
    )


def _legend() -> str:
    items = "".join(
        f'<li><mark class="{kind}" data-kind="{letter}">{words}</mark></li>' for kind, (letter, words) in KINDS.items()
    )
    return f'<ul class="legend" aria-label="Legend">{items}</ul>'


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _foot(result: NoteResult) -> str:
    return ", ".join(f"{safe(k)} {safe(v)}" for k, v in result.provenance.items())


def _mention_mark(mention: Mention) -> Mark:
    veins = "; ".join(name_of(v) for v in mention.veins)
    parts = [mention.label.lower(), mention.assertion, mention.role, mention.approach, veins, mention.rule]
    return Mark(mention.start, mention.end, mention.label, ", ".join(p for p in parts if p))


def _marked(text: str, marks: Iterable[Mark]) -> Iterator[str]:
    """Cut the text at every border of a mark; each piece carries the kinds of all marks that cover it.

    Marks may overlap in any way, for no element is ever open across a border.
    """
    opening: dict[int, list[Mark]] = defaultdict(list)
    borders = {0, len(text)}
    for mark in marks:
        if 0 <= mark.start < mark.end <= len(text):
            opening[mark.start].append(mark)
            borders |= {mark.start, mark.end}
    open_marks: list[Mark] = []
    cuts = sorted(borders)
    for start, end in pairwise(cuts):
        fresh = opening.get(start, [])
        open_marks = [m for m in open_marks if m.end > start] + fresh
        yield _piece(text[start:end], open_marks, fresh)


def _piece(text: str, covering: list[Mark], fresh: list[Mark]) -> str:
    anchors = "".join(f'<span id="{m.anchor}"></span>' for m in fresh if m.anchor)
    if not covering:
        return anchors + safe(text)
    kinds = " ".join(k for k in KINDS if any(m.kind == k for m in covering))
    letters = "".join(letter for k, (letter, _) in KINDS.items() if any(m.kind == k for m in fresh))
    data = f' data-kind="{letters}"' if letters else ""
    title = " | ".join(dict.fromkeys(m.title for m in covering))
    return f'{anchors}<mark class="{kinds}"{data} title="{safe(title)}">{safe(text)}</mark>'


def safe(text: str) -> str:
    """Text of a note as HTML: escaped, without the characters that HTML forbids."""
    return escape(UNSAFE.sub("\ufffd", text))
