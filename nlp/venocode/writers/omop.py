"""OMOP CDM 5.4: NOTE_NLP, one row a mention, and PROCEDURE_OCCURRENCE, one row a code line.

Concept ids are 0 (no concept mapped): venocode ships no vocabulary. The source values carry the codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count

from venocode import __version__
from venocode.readers.rows import Row
from venocode.records import Mention, NoteResult
from venocode.writers.tabular import Layout, Line, Rows

#: The type concept "NLP" of the OMOP vocabulary.
NLP_TYPE = 32858
SHORT, LONG = 250, 2000
AROUND = 60
TEMPORAL = {"performed": "Present", "historical": "Past", "planned": "Future"}
#: Assertions under which the act did take place, now or before.
EXISTS = (None, "performed", "historical")


def note_nlp_rows() -> Rows:
    """The rows of NOTE_NLP, numbered through the run."""
    numbers = count(1)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)

    def rows(result: NoteResult, row: Row) -> Iterator[Line]:
        for mention in result.mentions:
            yield (
                next(numbers),
                result.note_id,
                0,
                _snippet(row.text, mention),
                str(mention.start),
                mention.text[:SHORT],
                0,
                0,
                f"venocode {__version__}",
                now.date(),
                now,
                "Y" if mention.assertion in EXISTS else "N",
                TEMPORAL.get(mention.assertion or ""),
                _modifiers(mention, result),
            )

    return rows


def procedure_rows() -> Rows:
    """The rows of PROCEDURE_OCCURRENCE, numbered through the run."""
    numbers = count(1)

    def rows(result: NoteResult, row: Row) -> Iterator[Line]:
        day = date.fromisoformat(row.context.date) if row.context.date else None
        for line in result.codes:
            yield (
                next(numbers),
                row.context.person,
                0,
                day,
                None,
                None,
                None,
                NLP_TYPE,
                0,
                line.units,
                None,
                row.context.encounter,
                None,
                line.code,
                0,
                None,
            )

    return rows


def _snippet(text: str, mention: Mention) -> str:
    """The mention with the words around it, as far as the column is wide."""
    return text[max(0, mention.start - AROUND) : mention.end + AROUND][:SHORT]


def _modifiers(mention: Mention, result: NoteResult) -> str:
    """``end=1; probability=0.9; ...``: what the columns of the model have no place for."""
    values: dict[str, str | None] = {
        "end": str(mention.end),
        "probability": f"{_probability(mention, result):.4f}",
        "label": mention.label,
        "assertion": mention.assertion,
        "role": mention.role,
        "approach": mention.approach,
        "veins": ",".join(f"{v.side} {v.vein}" for v in mention.veins) or None,
        "section": mention.section,
        "rule": mention.rule,
    }
    return "; ".join(f"{key}={value}" for key, value in values.items() if value)[:LONG]


def _probability(mention: Mention, result: NoteResult) -> float:
    """That of the vein named, the highest where there are several; otherwise that of the note."""
    own = [d.probability for d in result.veins if d.vein in mention.veins]
    return max(own, default=result.probability)


NOTE_NLP = Layout(
    {
        "note_nlp_id": int,
        "note_id": str,
        "section_concept_id": int,
        "snippet": str,
        "offset": str,
        "lexical_variant": str,
        "note_nlp_concept_id": int,
        "note_nlp_source_concept_id": int,
        "nlp_system": str,
        "nlp_date": date,
        "nlp_datetime": datetime,
        "term_exists": str,
        "term_temporal": str,
        "term_modifiers": str,
    },
    note_nlp_rows,
    for_people=False,
)
PROCEDURE_OCCURRENCE = Layout(
    {
        "procedure_occurrence_id": int,
        "person_id": str,
        "procedure_concept_id": int,
        "procedure_date": date,
        "procedure_datetime": datetime,
        "procedure_end_date": date,
        "procedure_end_datetime": datetime,
        "procedure_type_concept_id": int,
        "modifier_concept_id": int,
        "quantity": int,
        "provider_id": str,
        "visit_occurrence_id": str,
        "visit_detail_id": str,
        "procedure_source_value": str,
        "procedure_source_concept_id": int,
        "modifier_source_value": str,
    },
    procedure_rows,
    for_people=False,
)
