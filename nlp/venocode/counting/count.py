"""From findings to counted veins, code lines, flags, lane and rationale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from venocode.anatomy import INTRACRANIAL, OPPOSITE, PULMONARY, SIR_GROUP
from venocode.counting.policy import Case, central, exclusion, not_ballooned_reason
from venocode.findings import VeinFinding, in_circuit
from venocode.rules import load_rules

REVIEW = frozenset({
    "intracranial_sinus", "coronary_sinus", "pulmonary_vein", "lead_venoplasty", "catheter_exchange", "old_access", "special_conduit",
    "two_routes", "header_only", "side_unspecified", "vein_unspecified", "balloon_unexplained",
})  # fmt: skip
QUERY = frozenset({"header_body_mismatch", "vein_unspecified", "side_unspecified"})
UNSPECIFIED = frozenset({"unknown_vein", "iliac_vein"})
#: Reasons that do not say on what a balloon was used.
UNEXPLAINING = frozenset({"imaged_only", "access_only"})
#: Services whose own balloon work need not name a vein.
SERVICES = ("tips", "creation")
#: The policy rule behind a flag, where the veins do not name it themselves.
FLAG_RULES = {
    "attempted": "P15", "bridging_lesion": "P5", "separate_vein_modifier": "P9", "header_body_mismatch": "P16", "header_only": "P16",
    "special_conduit": "P26", "lead_venoplasty": "P20", "catheter_exchange": "P21", "coverage": "P22", "old_access": "P23",
    "two_routes": "P11", "missing:lesion": "P24", "side_unspecified": "P25", "vein_unspecified": "P25", "pulmonary_vein": "P19",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """One vein as decided."""

    finding: VeinFinding
    probability: float
    counted: bool
    reason: str | None
    rules: tuple[str, ...]


def log_agreement(veins: Iterable[Counted]) -> float:
    """Sum over the veins of the log probability of the likelier reading: 0 when every vein is certain."""
    return sum(math.log(max(v.probability, 1.0 - v.probability, 1e-9)) for v in veins)


@dataclass(frozen=True, slots=True)
class CountedNote:
    """All veins as decided, the flags, and the sentences that say why."""

    veins: tuple[Counted, ...]
    flags: tuple[tuple[str, tuple[int, int] | None], ...]
    rationale: tuple[str, ...]
    documentation: dict[str, bool]

    @property
    def counted(self) -> tuple[Counted, ...]:
        """Veins that earn a unit, in the order treated first in the note."""
        return tuple(v for v in self.veins if v.counted)


def count(case: Case, probabilities: dict[tuple[str, str], float]) -> CountedNote:
    """Apply the policy.

    Parameters
    ----------
    case : Case
        Findings, facts and settings of one note.
    probabilities : dict
        Probability (0-1) for each vein that it was ballooned in this session.

    Returns
    -------
    CountedNote
        Every vein counted or not counted with its reason; flags; rationale.
    """
    decided: list[Counted] = []
    ballooned = {
        f.vein for f in case.findings if probabilities[f.vein] >= case.settings.decision_threshold and supported(f)
    }
    if not case.facts.has_body:
        ballooned |= {f.vein for f in case.findings if f.n("title") and not f.n("retracted")}
    if not ballooned:
        ballooned = _unnamed(case)
    for f in case.findings:
        p = probabilities[f.vein]
        if f.vein not in ballooned:
            reason, rule = not_ballooned_reason(f, case)
            decided.append(Counted(f, p, False, reason, (rule,)))
            continue
        out = exclusion(f, case)
        decided.append(Counted(f, p, out is None, out.reason if out else None, (out.rule if out else "P1",)))
    decided = _unspecified(decided, case)
    decided = _bridge(decided, case)
    drops = _sir_drops(decided)
    if case.settings.grouping == "sir":
        decided = _group(decided, drops)
    flags = list(_flags(decided, case, bool(ballooned), bool(drops)))
    documentation = _documentation(decided, case)
    flags += [
        (f"missing:{name}", None) for name, ok in documentation.items() if not ok and any(d.counted for d in decided)
    ]
    decided = [_with_rules(d, decided, case, flags) for d in decided]
    return CountedNote(tuple(decided), tuple(flags), tuple(_rationale(decided, flags)), documentation)


def _unnamed(case: Case) -> set[tuple[str, str]]:
    """P25: the vein that a performed act leaves unnamed, where no other vein can be meant."""
    service = any(case.facts.has(name) for name in ("circuit", "baffle", *SERVICES))
    if service or any(f.n("stent") for f in case.findings):
        return set()
    return {f.vein for f in case.findings if f.vein[0] == "unknown_vein" and supported(f)}


def supported(finding: VeinFinding) -> bool:
    """P16: the body itself says it, and no addendum takes it back (P15)."""
    return finding.n("treated", "around", "conclusion") > 0 and not finding.n("retracted")


def _bridge(decided: list[Counted], case: Case) -> list[Counted]:
    """P5: of two neighbouring veins with one contiguous lesion treated as one, the first named counts."""
    counted = {d.finding.vein for d in decided if d.counted}
    kept_for: dict[tuple[str, str], tuple[str, str]] = {}  # dropped vein: the one that counts for both
    seen: set[frozenset[tuple[str, str]]] = set()
    for a, b in case.facts.bridging:
        if {a, b} <= counted and frozenset((a, b)) not in seen and b not in kept_for and _kept(a, kept_for) != b:
            kept_for[b] = a
        seen.add(frozenset((a, b)))
    return [_without(d, "bridged", "P5") if d.finding.vein in kept_for else d for d in decided]


def _kept(vein: tuple[str, str], kept_for: dict[tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
    """The vein that counts for a lesion over several veins: never one that was itself dropped."""
    while vein in kept_for:
        vein = kept_for[vein]
    return vein


def _without(d: Counted, reason: str, rule: str) -> Counted:
    return Counted(d.finding, d.probability, False, reason, (*d.rules, rule))


def _group(decided: list[Counted], drop: dict[tuple[str, str], str]) -> list[Counted]:
    """The ``sir`` setting: grouped leg veins are one vessel, and a stent in one takes the other."""
    return [_without(d, drop[d.finding.vein], "P9" if drop[d.finding.vein].startswith("stent") else "P3") if d.finding.vein in drop else d
            for d in decided]  # fmt: skip


def _sir_drops(decided: Iterable[Counted]) -> dict[tuple[str, str], str]:
    decided = list(decided)
    stented = {(SIR_GROUP[d.finding.vein[0]], d.finding.vein[1]) for d in decided
               if d.finding.vein[0] in SIR_GROUP and d.finding.n("stent")}  # fmt: skip
    seen: set[tuple[str, str]] = set()
    drops: dict[tuple[str, str], str] = {}
    for d in decided:
        name, side = d.finding.vein
        if not d.counted or name not in SIR_GROUP:
            continue
        group = (SIR_GROUP[name], side)
        if group in stented:
            drops[d.finding.vein] = "stent_same_vein"
        elif group in seen:
            drops[d.finding.vein] = "bridged"
        seen.add(group)
    return drops


def _unspecified(decided: list[Counted], case: Case) -> list[Counted]:
    """P25: a site may leave out a vein or side that cannot be told; it is left out before it stands for another."""
    if case.settings.count_unspecified:
        return decided
    return [
        _without(d, "special", "P25") if d.counted and (d.finding.vein[1] == "unknown" or d.finding.vein[0] in UNSPECIFIED) else d
        for d in decided
    ]  # fmt: skip


# --- flags ---------------------------------------------------------------------------------------------------------------


def _flags(
    decided: list[Counted], case: Case, ballooned: bool, grouping_differs: bool
) -> Iterable[tuple[str, tuple[int, int] | None]]:
    facts = case.facts
    counted = [d for d in decided if d.counted]
    unspecified = [d for d in decided if d.counted or "P25" in d.rules]
    excluded = {d.finding.vein: d for d in decided if not d.counted}
    stented = [d for d in decided if d.finding.n("stent")]
    if counted and any(s.reason != "all_inclusive" and not s.counted for s in stented):
        yield "separate_vein_modifier", None
    if any("P5" in d.rules for d in decided):
        yield "bridging_lesion", None
    if grouping_differs:
        yield "grouping_differs", None
    if any(d.reason == "header_only_mismatch" for d in decided):
        yield "header_body_mismatch", _where(next(d for d in decided if d.reason == "header_only_mismatch"), "title")
    if not facts.has_body and counted:
        yield "header_only", None
    if any(d.reason == "attempted" for d in decided) or any(
        d.finding.n("attempted") and not d.counted for d in decided
    ):
        yield "attempted", None
    for vein, d in excluded.items():
        if "P17" in d.rules and d.reason == "special" and vein[0] in INTRACRANIAL:
            yield "intracranial_sinus", None
            break
    if any("P18" in d.rules for d in decided if d.reason == "special"):
        yield "coronary_sinus", None
    if any(d.finding.vein[0] in PULMONARY and (d.counted or "P19" in d.rules) for d in decided):
        yield "pulmonary_vein", None
    if any("P23" in d.rules for d in decided):
        yield "old_access", facts.flags.get("old_access")
    if facts.has("baffle"):
        yield "special_conduit", facts.flags["baffle"]
    if facts.has("lead") and any(central(d.finding) for d in counted):
        yield "lead_venoplasty", facts.flags["lead"]
    elif facts.has("exchange") and any(central(d.finding) for d in counted):
        yield "catheter_exchange", facts.flags["exchange"]
    if facts.has("ms") and any("jugular" in d.finding.vein[0] or "azygos" in d.finding.vein[0] for d in counted):
        yield "coverage", facts.flags["ms"]
    if facts.has("circuit") and ballooned and _two_routes(case):
        yield "two_routes", facts.flags["circuit"]
    if any(d.finding.vein[1] == "unknown" for d in unspecified):
        yield "side_unspecified", None
    if any(d.finding.vein[0] in UNSPECIFIED for d in unspecified):
        yield "vein_unspecified", None
    if _unexplained(decided, case):
        yield "balloon_unexplained", None


def _unexplained(decided: list[Counted], case: Case) -> bool:
    """Whether a balloon was used in a note on veins and neither a unit nor a reason says on what: not silently automatic."""
    facts = case.facts
    if not facts.performed_acts or facts.arteries or case.valve or any(facts.has(name) for name in SERVICES):
        return False
    if facts.has("circuit") and not {v[0] for v, _, _ in facts.access} - {"fistula", "graft"}:
        return False
    seen = any(d.reason == "imaged_only" for d in decided)
    return seen and all(not d.counted and d.reason in UNEXPLAINING for d in decided)


def _two_routes(case: Case) -> bool:
    vessels = {v[0] for v, _, _ in case.facts.access}
    return bool(vessels & {"fistula", "graft"}) and bool(vessels - {"fistula", "graft"})


def _where(d: Counted, event: str) -> tuple[int, int] | None:
    return next(((link.start, link.end) for link in d.finding.links if link.event == event), None)


def _documentation(decided: list[Counted], case: Case) -> dict[str, bool]:
    counted = [d for d in decided if d.counted]
    return {
        "access": bool(case.facts.access),
        "fluoroscopy": bool(case.facts.fluoroscopy),
        "lesion": all(_lesion_told(d) for d in counted) if counted else any(f.n("lesion") for f in case.findings),
        "balloon": case.facts.has("balloon_size"),
        "result": case.facts.has("result"),
    }


def _with_rules(
    d: Counted, decided: list[Counted], case: Case, flags: list[tuple[str, tuple[int, int] | None]]
) -> Counted:
    """A counted vein with the further rules by which it counts."""
    if not d.counted:
        return d
    (name, side), names = d.finding.vein, {flag for flag, _ in flags}
    used = {
        "P4": any(o.counted and o.finding.vein == (name, OPPOSITE.get(side)) for o in decided),
        "P11": case.facts.has("circuit") and d.finding.route == "other" and in_circuit(name, case.limb),
        "P19": name in PULMONARY,
        "P20": "lead_venoplasty" in names and central(d.finding),
        "P21": "catheter_exchange" in names and central(d.finding),
        "P22": "coverage" in names and ("jugular" in name or "azygos" in name),
        "P24": not _lesion_told(d),
        "P25": side == "unknown" or name in UNSPECIFIED,
    }
    more = tuple(rule for rule, so in used.items() if so and rule not in d.rules)
    return replace(d, rules=(*d.rules, *more)) if more else d


def _lesion_told(d: Counted) -> bool:
    return d.finding.n("lesion", "treated.reference") > 0


def _rationale(decided: list[Counted], flags: list[tuple[str, tuple[int, int] | None]]) -> Iterable[str]:
    texts = load_rules()["policy"]["rules"]
    used = {rule for d in decided for rule in d.rules} | {FLAG_RULES[flag] for flag, _ in flags if flag in FLAG_RULES}
    if any(d.counted for d in decided):
        used.add("P2")
    for rule in sorted(used, key=lambda r: int(r[1:])):
        yield f"{rule}: {texts[rule]['text']}"


def lane(flags: Iterable[str], probability: float, threshold: float) -> str:
    """The lane of a note.

    Parameters
    ----------
    flags : iterable of str
        Names of the note's flags.
    probability : float
        Probability (0-1) that every vein of the note is decided rightly.
    threshold : float
        Probability (0-1) below which a person must look.

    Returns
    -------
    str
        ``query`` when the document itself must be clarified, ``review`` when a person must look, else ``auto``.
    """
    names = set(flags)
    if names & QUERY:
        return "query"
    if names & REVIEW or probability < threshold:
        return "review"
    return "auto"


__all__ = ["Counted", "CountedNote", "count", "lane"]
