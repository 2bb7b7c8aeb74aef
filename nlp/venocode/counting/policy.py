"""Policy rules P5-P26 as small pure functions, each with its id.

A rule looks at one vein that was ballooned in this session and says why it earns no unit, or nothing. The order of
``EXCLUSIONS`` is the order of strength: the first rule that speaks gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from venocode.anatomy import CENTRAL, CREATED, INTRACRANIAL, PULMONARY
from venocode.counting.settings import PolicySettings
from venocode.findings import NoteFacts, VeinFinding, in_circuit


@dataclass(frozen=True, slots=True)
class Case:
    """One note as the policy sees it. ``valve``: the note tells the dilation of a heart valve."""

    findings: tuple[VeinFinding, ...]
    facts: NoteFacts
    settings: PolicySettings
    limb: str = "arm"
    valve: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a ballooned vein earns no unit."""

    reason: str
    rule: str


Rule = Callable[[VeinFinding, Case], "Exclusion | None"]


def p17_intracranial(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P17: an intracranial dural sinus earns nothing here."""
    return Exclusion("special", "P17") if finding.vein[0] in INTRACRANIAL else None


def p18_coronary_sinus(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P18: the coronary sinus and cardiac veins earn nothing here."""
    return Exclusion("special", "P18") if finding.vein[0] == "coronary_sinus" else None


def p19_pulmonary(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P19: a pulmonary vein counts unless a site decided otherwise."""
    return Exclusion("special", "P19") if finding.vein[0] in PULMONARY and not case.settings.count_pulmonary else None


def p9_stent(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P9: a stent placed in this session takes every dilation of its vein, and dilation before or after a stent is its."""
    only_around = finding.n("around") > 0 and finding.n("treated", "conclusion") == 0
    if finding.n("stent") or (only_around and (case.facts.stent_told or any(f.n("stent") for f in case.findings))):
        return Exclusion("stent_same_vein", "P9")
    return None


def p14_all_inclusive(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P14: the hepatic and portal ends of a portosystemic shunt, and the veins of an access being created.

    The limb is told of a circuit, not of a venous arterialisation, so the peripheral veins of both limbs belong to it.
    """
    vein = finding.vein[0]
    if shunt_end(finding, case):
        return Exclusion("all_inclusive", "P14")
    if case.facts.has("creation") and (vein in CREATED or in_circuit(vein, case.limb)):
        return Exclusion("all_inclusive", "P14")
    return None


def shunt_end(finding: VeinFinding, case: Case) -> bool:
    """Whether the vein is an end of the portosystemic shunt made or revised in this session (P14)."""
    return case.facts.has("tips") and finding.vein[0] in ("hepatic_vein", "middle_hepatic_vein", "portal_vein")


def p23_old_access(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P23: an abandoned or old access earns nothing, nor does a vein for which no other route is told."""
    if case.facts.has("old_access") and finding.route in ("circuit", "none") and in_circuit(finding.vein[0], case.limb):
        return Exclusion("special", "P23")
    return None


def p10_circuit(finding: VeinFinding, case: Case) -> Exclusion | None:
    """P10, P11: veins of a functioning circuit and the central veins reached through it."""
    if case.facts.has("circuit") and finding.route in ("circuit", "none") and in_circuit(finding.vein[0], case.limb):
        return Exclusion("dialysis_circuit", "P10")
    return None


EXCLUSIONS: tuple[Rule, ...] = (
    p17_intracranial,
    p18_coronary_sinus,
    p19_pulmonary,
    p23_old_access,
    p14_all_inclusive,
    p9_stent,
    p10_circuit,
)


def exclusion(finding: VeinFinding, case: Case) -> Exclusion | None:
    """The first rule that takes the unit from a ballooned vein."""
    for rule in EXCLUSIONS:
        found = rule(finding, case)
        if found is not None:
            return found
    return None


NAMES = {"other_balloon": "non_angioplasty_balloon", "retracted": "negated"}


def not_ballooned_reason(finding: VeinFinding, case: Case) -> tuple[str, str]:
    """Why a vein that was not ballooned now was not (P9, P13-P16)."""
    treated_title = finding.n("title") > 0
    if treated_title and finding.n("treated", "around", "conclusion") == 0 and case.facts.has_body:
        if finding.n("stent"):
            return ("all_inclusive", "P14") if shunt_end(finding, case) else ("stent_same_vein", "P9")
        if finding.n("attempted"):
            return "attempted", "P15"
        return "header_only_mismatch", "P16"
    for event, rule in (
        ("attempted", "P15"),
        ("other_balloon", "P13"),
        ("retracted", "P15"),
        ("negated", "P15"),
        ("historical", "P15"),
        ("planned", "P15"),
    ):
        if finding.n(event):
            return NAMES.get(event, event), rule
    if shunt_end(finding, case):
        return "all_inclusive", "P14"
    if finding.n("stent"):
        return "stent_same_vein", "P9"
    if finding.n("access"):
        return "access_only", "P1"
    return "imaged_only", "P1"


def central(finding: VeinFinding) -> bool:
    """Whether the vein is one that leads, ports and dialysis catheters pass."""
    return finding.vein[0] in CENTRAL
