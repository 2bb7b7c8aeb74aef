"""The nouns every stage shares: immutable records that leave the process that made them.

A spaCy ``Doc`` never leaves the engine; these records do. ``to_dict`` gives the JSON of the result contract
(``docs/result-record.md``). All offsets are character positions in the note as received.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA = "venocode/1"


@dataclass(frozen=True, slots=True, order=True)
class Vein:
    """A canonical vein with its side: the unit that is counted (policy P1, P4)."""

    vein: str
    side: str

    def to_dict(self) -> dict[str, str]:
        """The name and side as JSON."""
        return {"vein": self.vein, "side": self.side}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quoted stretch of the note that supports a decision.

    ``start`` and ``end`` are character offsets into the note as received; ``text`` is exactly what stands there.
    """

    start: int
    end: int
    text: str
    section: str
    rule: str

    def to_dict(self) -> dict[str, Any]:
        """The quotation as JSON."""
        return {"start": self.start, "end": self.end, "text": self.text, "section": self.section, "rule": self.rule}


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention of the four kinds. Only the attribute of its own label is set."""

    label: str
    start: int
    end: int
    text: str
    section: str
    rule: str
    assertion: str | None = None
    veins: tuple[Vein, ...] = ()
    role: str | None = None
    approach: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The mention with the attribute of its label as JSON."""
        out: dict[str, Any] = {
            "label": self.label,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "section": self.section,
            "rule": self.rule,
        }
        if self.label == "ANGIOPLASTY":
            out["assertion"] = self.assertion
        elif self.label == "VEIN":
            out["veins"] = [v.to_dict() for v in self.veins]
            out["role"] = self.role
        elif self.label == "ACCESS":
            out["approach"] = self.approach
        return out


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one named feature adds to the log-odds: its weight times its value."""

    feature: str
    value: float
    log_odds: float

    def to_dict(self) -> dict[str, Any]:
        """The contribution as JSON."""
        return {"feature": self.feature, "value": round(self.value, 4), "log_odds": round(self.log_odds, 4)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a probability is what it is: log-odds that add up exactly.

    ``base`` is the intercept; features whose value or weight is zero are left out, the strongest come first.
    """

    base: float
    contributions: tuple[Contribution, ...] = ()

    @property
    def log_odds(self) -> float:
        """Base and contributions summed."""
        return self.base + sum(c.log_odds for c in self.contributions)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON."""
        return {
            "log_odds": round(self.log_odds, 4),
            "base": round(self.base, 4),
            "contributions": [c.to_dict() for c in self.contributions],
        }


@dataclass(frozen=True, slots=True)
class VeinDecision:
    """What the policy decided for one vein of the note, and why.

    ``probability`` is the classifier's probability (0-1) that a balloon widened the vein in this session, before the
    policy decides. ``policy`` lists the ids of the policy rules that decided. ``explanation`` holds the weights behind
    the probability; without a learned head there are none.
    """

    vein: Vein
    decision: str
    reason: str | None
    probability: float
    evidence: tuple[Evidence, ...] = ()
    policy: tuple[str, ...] = ()
    explanation: Explanation | None = None

    def to_dict(self, explain: bool = False) -> dict[str, Any]:
        """The decision as JSON, its probability to four places; with ``explain`` the weights behind it."""
        out = {
            "vein": self.vein.vein,
            "side": self.vein.side,
            "decision": self.decision,
            "reason": self.reason,
            "probability": round(self.probability, 4),
            "evidence": [e.to_dict() for e in self.evidence],
            "policy": list(self.policy),
        }
        return out | _explained(self.explanation) if explain else out


def _explained(explanation: Explanation | None) -> dict[str, Any]:
    return {"explanation": None if explanation is None else explanation.to_dict()}


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code with its units (never 0) and the veins that earn them."""

    code: str
    units: int
    veins: tuple[Vein, ...]

    def to_dict(self) -> dict[str, Any]:
        """The code line as JSON."""
        return {"code": self.code, "units": self.units, "veins": [v.to_dict() for v in self.veins]}


@dataclass(frozen=True, slots=True)
class Flag:
    """A point a coder or auditor must know; names are those of the coding policy."""

    flag: str
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The flag as JSON."""
        return {"flag": self.flag, "evidence": [e.to_dict() for e in self.evidence]}


@dataclass(frozen=True, slots=True)
class AccessSite:
    """A vessel entered in this session."""

    vessel: str
    side: str
    approach: str
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The access site as JSON."""
        return {
            "vessel": self.vessel,
            "side": self.side,
            "approach": self.approach,
            "evidence": [e.to_dict() for e in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class NoteResult:
    """The result record: everything venocode says about one note.

    ``explanation`` holds the weights behind ``probability`` before calibration.
    """

    note_id: str
    codes: tuple[CodeLine, ...] = ()
    veins: tuple[VeinDecision, ...] = ()
    mentions: tuple[Mention, ...] = ()
    access: tuple[AccessSite, ...] = ()
    fluoroscopy: tuple[Evidence, ...] = ()
    documentation: dict[str, bool] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    disposition: str = "review"
    probability: float = 0.0
    rationale: tuple[str, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
    explanation: Explanation | None = None

    def units(self, code: str) -> int:
        """Units of ``code`` (0 when the note does not support it)."""
        return sum(line.units for line in self.codes if line.code == code)

    def to_dict(self, explain: bool = False) -> dict[str, Any]:
        """The result contract, ready for ``json.dumps``; with ``explain`` the weights behind every probability."""
        out = {
            "schema": SCHEMA,
            "note_id": self.note_id,
            "codes": [c.to_dict() for c in self.codes],
            "veins": [v.to_dict(explain) for v in self.veins],
            "mentions": [m.to_dict() for m in self.mentions],
            "access": [a.to_dict() for a in self.access],
            "fluoroscopy": {
                "documented": bool(self.fluoroscopy),
                "evidence": [e.to_dict() for e in self.fluoroscopy],
            },
            "documentation": dict(self.documentation),
            "flags": [f.to_dict() for f in self.flags],
            "disposition": self.disposition,
            "probability": round(self.probability, 4),
            "rationale": list(self.rationale),
            "provenance": dict(self.provenance),
        }
        return out | _explained(self.explanation) if explain else out
