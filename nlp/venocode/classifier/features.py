"""Features of one vein that a coder would recognise, in a fixed order."""

from __future__ import annotations

from venocode.findings import VeinFinding

NAMES = (
    "strong",  # the rules propose it: act and vein in one clause, and little against it
    "weak",  # the rules propose it by implication, by reference or by a conclusion
    "doubtful",  # something speaks for it and something against
    "strong_with_lesion",
    "weak_with_lesion",
    "weak_without_lesion",
    "reference_only",  # every act speaks of the vein by reference
    "direct",  # acts in one clause with the vein
    "implicit",  # inflated balloon and vein in one clause, without an angioplasty word
    "around",  # dilation before or after a stent
    "conclusion",  # impression or summary says treated
    "result_with_act",  # a residual or result told of it
    "normal_without_lesion",
    "untouched",  # told left alone
    "negated",
    "historical",
    "planned",
    "attempted",
    "access_without_lesion",  # punctured, and nothing wrong with it
    "other_balloon",  # occlusion, sizing, maceration, fibrin work
    "proofs",  # number of independent kinds of proof in the body
    "side_unknown",
)


def features(finding: VeinFinding) -> list[float]:
    """The feature vector of one vein, in the order of ``NAMES``.

    A title is no feature: what only the header says is never evidence (policy P16).

    Parameters
    ----------
    finding : VeinFinding
        What the note says of the vein.

    Returns
    -------
    list of float
        Counts are capped so that long notes do not outweigh short ones.
    """
    n = finding.n
    proposal = propose(finding)
    direct, implicit = min(n("treated.direct"), 2), min(n("treated.implicit"), 2)
    reference = n("treated.reference") + n("around.reference")
    around, conclusion = min(n("around"), 2), min(n("conclusion"), 2)
    lesion = n("lesion") > 0
    proofs = sum(x > 0 for x in (direct, implicit, reference, around, conclusion, n("result")))
    return [
        float(x)
        for x in (
            proposal == "strong",
            proposal == "weak",
            proposal == "doubtful",
            proposal == "strong" and lesion,
            proposal == "weak" and lesion,
            proposal == "weak" and not lesion,
            reference > 0 and not (direct or implicit or conclusion or around),
            direct,
            implicit,
            around,
            conclusion,
            n("result") > 0 and proofs > 1,
            n("normal") > 0 and not lesion,
            min(n("untouched"), 1),
            min(n("negated"), 2),
            min(n("historical"), 2),
            min(n("planned"), 2),
            min(n("attempted"), 1),
            n("access") > 0 and not lesion,
            min(n("other_balloon"), 1),
            proofs,
            finding.vein[1] == "unknown",
        )
    ]


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
