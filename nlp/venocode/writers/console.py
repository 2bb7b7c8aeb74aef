"""One note for a person at a terminal: coloured there, plain lines in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from venocode.records import Evidence, Explanation, NoteResult, VeinDecision
from venocode.writers.base import name_of
from venocode.writers.words import LANES, reason_in_words

LANE_STYLE = {"auto": "bold green", "review": "bold yellow", "query": "bold red"}
#: Control and direction characters of a note must not reach the terminal.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
QUOTE_LIMIT = 240

Line = list[tuple[str, str]]


def show(result: NoteResult, console: Console, explain: bool = False) -> None:
    """Print codes, veins, flags, lane and reasons of one note, each vein with its quoted evidence.

    With ``explain`` also the features and weights behind every probability.
    """
    for line in lines(result, explain):
        console.print(Text.assemble(*line), soft_wrap=True, highlight=False)


def lines(result: NoteResult, explain: bool = False) -> Iterator[Line]:
    """The lines of the report, each a list of (text, style)."""
    yield [(f"Note {clean(result.note_id)}", "bold")]
    yield [("", "")]
    yield [("Codes", "bold underline")]
    if not result.codes:
        yield [("  no unit of 37248 or 37249 is supported", "")]
    for code in result.codes:
        yield [(f"  {code.code} x {code.units}", "bold green"), (f"  {'; '.join(map(name_of, code.veins))}", "")]
    yield from _lane(result)
    if explain:
        yield from _weights(result.explanation)
    yield [("", "")]
    yield [("Veins", "bold underline")]
    if not result.veins:
        yield [("  none that bears on the codes", "")]
    for vein in result.veins:
        yield from _vein(vein)
        if explain:
            yield from _weights(vein.explanation)
    yield from _block("Access", [(_site(a.side, a.vessel, a.approach), a.evidence) for a in result.access])
    yield from _block("Fluoroscopy", [("documented", result.fluoroscopy)] if result.fluoroscopy else [])
    yield from _block("Flags", [(f.flag, f.evidence) for f in result.flags])
    yield from _block("Reasons", [(clean(r), ()) for r in result.rationale])


def _lane(result: NoteResult) -> Iterator[Line]:
    words = f": {LANES[result.disposition]}" if result.disposition in LANES else ""
    yield [
        ("  lane ", ""),
        (result.disposition, LANE_STYLE.get(result.disposition, "bold")),
        (f"{words} (probability {result.probability:.2f})", ""),
    ]


def _vein(decision: VeinDecision) -> Iterator[Line]:
    counted = decision.decision == "counted"
    yield [
        ("  + " if counted else "  - ", "bold green" if counted else "bold"),
        (name_of(decision.vein), "bold" if counted else ""),
        (f"  {reason_in_words(decision)} (probability {decision.probability:.2f})", "green" if counted else ""),
    ]
    yield from _quotes(decision.evidence)


def _weights(explanation: Explanation | None) -> Iterator[Line]:
    """What each feature adds to the log-odds: weight times value, the strongest first; they sum exactly."""
    if explanation is None:
        yield [("      decided by the rules alone: no weights", "dim")]
        return
    yield [(f"      log-odds {explanation.log_odds:+.2f} = base {explanation.base:+.2f}", "dim")]
    for c in explanation.contributions:
        yield [(f"        {c.log_odds:+.2f}  {c.feature} = {c.value:g}", "dim")]


def _block(title: str, items: Iterable[tuple[str, Iterable[Evidence]]]) -> Iterator[Line]:
    rows = list(items)
    yield [("", "")]
    yield [(title, "bold underline")]
    if not rows:
        yield [("  none", "")]
    for words, evidence in rows:
        yield [(f"  {words}", "")]
        yield from _quotes(evidence)


def _quotes(evidence: Iterable[Evidence]) -> Iterator[Line]:
    for e in evidence:
        yield [(f'      "{quote(e.text)}"', "italic"), (f"  {e.section}, {e.rule}", "dim")]


def _site(side: str, vessel: str, approach: str) -> str:
    words = f"{side} " if side in ("left", "right") else ""
    return f"{words}{vessel.replace('_', ' ')}, {approach}"


def quote(text: str) -> str:
    """A quotation on one line, cut in the middle when it is long."""
    flat = clean(" ".join(text.split()))
    if len(flat) <= QUOTE_LIMIT:
        return flat
    half = QUOTE_LIMIT // 2
    return f"{flat[:half]} ... {flat[-half:]}"


def clean(text: str) -> str:
    """The text without characters that steer a terminal."""
    return CONTROL.sub("\ufffd", text)
