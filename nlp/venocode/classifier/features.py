"""Features of one vein that a coder would recognise, in a fixed order, each with its direction and meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log1p

from venocode.findings import VeinFinding


@dataclass(frozen=True, slots=True)
class Feature:
    """One named feature. ``sign``: 1 may only speak for balloon dilation, -1 only against it."""

    name: str
    sign: int
    meaning: str


FEATURES = (
    # the rules' own proposal
    Feature("strong", 1, "the rules propose it: act and vein in one clause, and little against it"),
    Feature("weak", 1, "the rules propose it by implication, by reference or by a conclusion"),
    Feature("doubtful", 1, "something speaks for it and something against"),
    Feature("strong_with_lesion", 1, "proposed strongly, and a lesion is told"),
    Feature("weak_with_lesion", 1, "proposed weakly, and a lesion is told"),
    # how the acts speak of the vein
    Feature("direct", 1, "acts in one clause with the vein (0-2)"),
    Feature("implicit", 1, "inflated balloon and vein in one clause, without an angioplasty word (0-2)"),
    Feature("around", 1, "dilation before or after a stent (0-2)"),
    Feature("conclusion", 1, "impression or summary says treated (0-2)"),
    Feature("proofs", 1, "independent kinds of proof in the body (0-6)"),
    Feature("near", 1, "nearness of the nearest act: 1 side by side, 1/2 four words apart, 0 in no sentence with one"),
    Feature("details", 1, "size, pressure and waist told in the sentence of the act (0-3)"),
    Feature("clean", 1, "acts whose sentence holds no word of plan, denial or another day (0-2)"),
    Feature("reference_only", -1, "every act speaks of the vein by reference"),
    Feature("since", -1, "sentences since the vein was last named, where it is only referred to (0-10, log)"),
    Feature("between", -1, "other veins named between the vein and its act (0-2)"),
    Feature("shared", -1, "other veins the same act is linked to (0-3)"),
    Feature("hedged", -1, "every act stands in a sentence of a plan, a condition or consent"),
    Feature("dated", -1, "every act stands beside a date or a word of another day"),
    Feature("denied", -1, "every act has a denial within a few words"),
    Feature("outside_body", -1, "no act stands in technique, findings or results"),
    Feature("only_concluded", -1, "an act in the impression and none before it"),
    # what competes for the act
    Feature("stent_beside", -1, "every act stands in a sentence with a new stent"),
    Feature("artery_beside", -1, "every act stands in a sentence with an artery"),
    Feature("rivals", -1, "other veins with an act in their own clause, where this one has none (0-3)"),
    # status
    Feature("negated", -1, "acts denied of it (0-2)"),
    Feature("historical", -1, "acts of another session (0-2)"),
    Feature("planned", -1, "acts planned, offered or conditional (0-2)"),
    Feature("attempted", -1, "an attempt without inflation"),
    Feature("untouched", -1, "told left alone"),
    Feature("other_balloon", -1, "occlusion, sizing, maceration or fibrin work with a balloon"),
    # lesion, route and result
    Feature("lesion", 1, "a lesion is told"),
    Feature("severe", 1, "half or more of its width is told lost"),
    Feature("result", 1, "a residual or result is told of it"),
    Feature("normal_without_lesion", -1, "told normal, and no lesion told"),
    Feature("access_without_lesion", -1, "entered for access, and no lesion told"),
    # where no act was linked to it
    Feature("open_lesion", 1, "no act, a lesion, and no word why it was not treated"),
    Feature("act_beside", 1, "no act linked to it, though one stands in a sentence that names it"),
    Feature("balloon_beside", 1, "no act linked to it, though a sized or inflated balloon stands in its sentence"),
    Feature("act_follows", 1, "no act linked to it, though one that found no vein follows within two sentences"),
    Feature("orphan_acts", 1, "no act linked to it, though so many acts of the note found no vein (0-3)"),
    Feature("no_acts", -1, "no act linked to it, and none was performed in the note"),
    # agreement with title and impression (never evidence by themselves: policy P16)
    Feature("title_agrees", 1, "an act in the body, and the title names the vein"),
    Feature("title_omits", -1, "acts by reference or implication alone, and the title names only other veins"),
    Feature("impression_omits", -1, "an act in the body, and the impression names only other veins"),
    Feature("side_unknown", -1, "its side is never told"),
    Feature("side_inferred", -1, "its side is never told beside its name"),
)
NAMES = tuple(f.name for f in FEATURES)
SIGNS = tuple(f.sign for f in FEATURES)
#: Features taken as they are from the evidence.
PLAIN = (
    "near", "details", "clean", "between", "shared", "hedged", "dated", "denied", "outside_body", "only_concluded", "stent_beside",
    "artery_beside", "rivals", "severe", "open_lesion", "act_beside", "balloon_beside", "act_follows", "orphan_acts", "no_acts",
    "title_agrees", "title_omits", "impression_omits", "side_inferred",
)  # fmt: skip


def features(finding: VeinFinding) -> list[float]:
    """The feature vector of one vein, in the order of ``NAMES``.

    A title alone is no feature: what only the header says is never evidence (policy P16).

    Parameters
    ----------
    finding : VeinFinding
        What the note says of the vein.

    Returns
    -------
    list of float
        Counts are capped so that long notes do not outweigh short ones.
    """
    if finding.n("retracted"):  # an addendum took the act back: it is no evidence any more
        finding = _without_acts(finding)
    values = _proposal(finding) | _acts(finding) | _state(finding)
    values |= {name: finding.evidence.get(name, 0.0) for name in PLAIN}
    return [float(values[name]) for name in NAMES]


def _without_acts(finding: VeinFinding) -> VeinFinding:
    gone = ("treated", "around", "conclusion")
    counts = {k: v for k, v in finding.counts.items() if k.partition(".")[0] not in gone}
    return replace(finding, counts=counts, evidence={})


def _proposal(finding: VeinFinding) -> dict[str, float]:
    proposal = propose(finding)
    lesion = finding.n("lesion") > 0
    return {
        "strong": proposal == "strong",
        "weak": proposal == "weak",
        "doubtful": proposal == "doubtful",
        "strong_with_lesion": proposal == "strong" and lesion,
        "weak_with_lesion": proposal == "weak" and lesion,
    }


def _acts(finding: VeinFinding) -> dict[str, float]:
    n = finding.n
    reference = n("treated.reference") + n("around.reference")
    kinds = (n("treated.direct"), n("treated.implicit"), reference, n("around"), n("conclusion"), n("result"))
    return {
        "direct": min(n("treated.direct"), 2),
        "implicit": min(n("treated.implicit"), 2),
        "around": min(n("around"), 2),
        "conclusion": min(n("conclusion"), 2),
        "proofs": sum(x > 0 for x in kinds),
        "reference_only": reference > 0
        and not any(kinds[i] for i in (0, 1, 4))
        and n("around") == n("around.reference"),
        "since": log1p(finding.evidence.get("since", 0.0)),
    }


def _state(finding: VeinFinding) -> dict[str, float]:
    n = finding.n
    lesion = n("lesion") > 0
    return {
        "negated": min(n("negated"), 2),
        "historical": min(n("historical"), 2),
        "planned": min(n("planned"), 2),
        "attempted": min(n("attempted"), 1),
        "untouched": min(n("untouched"), 1),
        "other_balloon": min(n("other_balloon"), 1),
        "lesion": lesion,
        "result": min(n("result"), 1),
        "normal_without_lesion": n("normal") > 0 and not lesion,
        "access_without_lesion": n("access") > 0 and not lesion,
        "side_unknown": finding.vein[1] == "unknown",
    }


def propose(finding: VeinFinding) -> str:
    """What the rules alone say of a vein: strong, weak, doubtful or nothing."""
    n = finding.n
    if n("retracted"):
        return "nothing"
    strong = n("treated.direct") + n("around")
    weak = n("treated.implicit") + n("treated.reference") + n("conclusion")
    denied = n("untouched") + n("negated") + n("attempted") + n("other_balloon")
    if strong:
        return "strong" if strong >= n("negated") + n("untouched") or n("lesion") else "doubtful"
    if weak and not denied:
        return "weak" if n("lesion") or not n("normal") else "doubtful"
    if weak:
        return "weak" if n("lesion") and weak > denied else "doubtful"
    return "nothing"


BASELINE = {"strong": 0.95, "weak": 0.85, "doubtful": 0.35, "nothing": 0.03}


def rules_probability(finding: VeinFinding) -> float:
    """The rules-only baseline: a fixed probability for each kind of proposal."""
    return BASELINE[propose(finding)]
