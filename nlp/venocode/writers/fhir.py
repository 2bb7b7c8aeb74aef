"""FHIR R4: for each note with a code one Procedure a counted vein, a draft Claim and a Provenance, by one Device.

The resources stand in one Bundle, or in one Bundle a note (NDJSON). Codes carry no display: descriptors are licensed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from venocode import __version__
from venocode.readers.rows import Row
from venocode.records import CodeLine, NoteResult, Vein
from venocode.writers.base import name_of
from venocode.writers.jsonl import to_json, to_line

CPT = "http://www.ama-assn.org/go/cpt"
TERMS = "http://terminology.hl7.org/CodeSystem"
#: Ids of resources are made of the note id, so that two runs over the same notes give the same ids.
NAMESPACE = UUID("6f2f9c6e-7c0e-5a43-9d3b-0c1f3b1c9a57")
NOT_GIVEN = {"display": "not given"}

Resource = dict[str, Any]


class FhirWriter:
    """Writes one Bundle, entry by entry, or with ``lines`` one Bundle a note on a line of its own."""

    def __init__(self, stream: BinaryIO, lines: bool = False) -> None:
        self.stream = stream
        self.lines = lines
        self.now = datetime.now(UTC).isoformat(timespec="seconds")
        self.before = b""
        if not lines:
            self.stream.write(b'{"resourceType": "Bundle", "type": "collection", "entry": [')
            self._add(entry("device", device()))

    def write(self, result: NoteResult, row: Row) -> None:
        entries = list(note_entries(result, row, self.now))
        if self.lines and entries:
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry("device", device()), *entries]}
            self.stream.write(to_line(bundle))
        elif entries:
            for one in entries:
                self._add(one)

    def close(self) -> None:
        if not self.lines:
            self.stream.write(b"\n]}\n")

    def _add(self, one: Resource) -> None:
        self.stream.write(self.before + b"\n" + to_json(one))
        self.before = b","


def note_entries(result: NoteResult, row: Row, now: str) -> Iterator[Resource]:
    """The entries of one note; none where no code is supported.

    Parameters
    ----------
    result : NoteResult
        The record.
    row : Row
        Gives patient, day, visit and source as far as the input names them.
    now : str
        When the run recorded it, as a FHIR instant.
    """
    if not result.codes:
        return
    common = _common(row)
    procedures = [
        entry(f"{result.note_id}/procedure/{number}", procedure(line, vein, row, common))
        for number, (line, vein) in enumerate(((line, vein) for line in result.codes for vein in line.veins), start=1)
    ]
    yield from procedures
    bill = entry(f"{result.note_id}/claim", claim(result, common, procedures, now))
    yield bill
    targets = [{"reference": one["fullUrl"]} for one in (*procedures, bill)]
    yield entry(f"{result.note_id}/provenance", provenance(result, row, targets, now))


def entry(name: str, resource: Resource) -> Resource:
    """An entry of a Bundle under an id made of its name."""
    return {"fullUrl": _url(name), "resource": resource}


def _url(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, name)}"


def device() -> Resource:
    """The tool."""
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "venocode", "type": "model-name"}],
        "version": [{"value": __version__}],
    }


def procedure(line: CodeLine, vein: Vein, row: Row, common: Resource) -> Resource:
    """The widening of one counted vein."""
    resource: Resource = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {**_cpt(line.code), "text": f"balloon widening of the {name_of(vein)}"},
        "subject": common["patient"],
        "bodySite": [{"text": name_of(vein)}],
    }
    if common["encounter"]:
        resource["encounter"] = common["encounter"]
    if row.context.date:
        resource["performedDateTime"] = row.context.date
    return resource


def claim(result: NoteResult, common: Resource, procedures: list[Resource], now: str) -> Resource:
    """A draft Claim: one item a code line with its units; who bills and who pays is not for a note to say."""
    items = []
    position = 0
    for sequence, line in enumerate(result.codes, start=1):
        own = list(range(position + 1, position + len(line.veins) + 1))
        position += len(line.veins)
        items.append(
            {
                "sequence": sequence,
                "procedureSequence": own,
                "productOrService": _cpt(line.code),
                "quantity": {"value": line.units},
            }
        )
    return {
        "resourceType": "Claim",
        "status": "draft",
        "type": {"coding": [{"system": f"{TERMS}/claim-type", "code": "professional"}]},
        "use": "claim",
        "patient": common["patient"],
        "created": now,
        "provider": NOT_GIVEN,
        "priority": {"coding": [{"system": f"{TERMS}/processpriority", "code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": NOT_GIVEN}],
        "procedure": [
            {"sequence": sequence, "procedureReference": {"reference": one["fullUrl"]}}
            for sequence, one in enumerate(procedures, start=1)
        ],
        "item": items,
    }


def provenance(result: NoteResult, row: Row, targets: list[Resource], now: str) -> Resource:
    """Where the resources of a note come from: the tool as agent, the note as source."""
    source: Resource = {"identifier": {"value": result.note_id}}
    if row.context.reference:
        source["reference"] = row.context.reference
    return {
        "resourceType": "Provenance",
        "target": targets,
        "recorded": now,
        "agent": [
            {
                "type": {"coding": [{"system": f"{TERMS}/provenance-participant-type", "code": "assembler"}]},
                "who": {"reference": _url("device")},
            }
        ],
        "entity": [{"role": "source", "what": source}],
    }


def _common(row: Row) -> Resource:
    return {
        "patient": _reference(row.context.person, "Patient") or NOT_GIVEN,
        "encounter": _reference(row.context.encounter, "Encounter"),
    }


def _reference(name: str | None, kind: str) -> Resource | None:
    """A FHIR reference as it is; any other identifier as a logical reference."""
    if name is None:
        return None
    if name.startswith((f"{kind}/", "urn:", "http://", "https://")):
        return {"reference": name}
    return {"type": kind, "identifier": {"value": name}}


def _cpt(code: str) -> Resource:
    return {"coding": [{"system": CPT, "code": code}]}
