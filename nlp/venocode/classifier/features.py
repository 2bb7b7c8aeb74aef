"""Features of one vein that a coder would recognise, in a fixed order."""

from __future__ import annotations

from venocode.findings import NoteFacts, VeinFinding

NAMES = (
    "direct",  # act and vein in one clause
    "implicit",  # inflated balloon and vein in one clause, without an angioplasty word
    "reference",  # act that speaks of the vein by reference
    "reference_many",
    "around",  # dilation before or after a stent
    "conclusion",  # impression or summary says treated
    "title",  # title or procedure list names it
    "title_only",
    "result",  # a residual or result told of it
    "result_with_act",
    "lesion",  # a lesion told of it
    "normal",  # told normal
    "normal_without_lesion",
    "untouched",  # told left alone
    "negated",
    "historical",
    "planned",
    "attempted",
    "other",
    "access",  # punctured in this session
    "access_without_lesion",
    "other_balloon",  # occlusion, sizing, maceration, fibrin work
    "other_balloon_without_direct",
    "proofs",  # number of independent kinds of proof
    "side_unknown",
    "note_acts",
    "retracted",  # an addendum takes it back
    "proposed_strong",  # the rules propose it: act and vein in one clause, nothing against it
    "proposed_weak",  # the rules propose it by reference, implication or conclusion
    "proposed_doubtful",  # something speaks for it and something against
)


def features(finding: VeinFinding, facts: NoteFacts) -> list[float]:
    """The feature vector of one vein, in the order of ``NAMES``.

    Parameters
    ----------
    finding : VeinFinding
        What the note says of the vein.
    facts : NoteFacts
        Facts of the whole note.

    Returns
    -------
    list of float
        Counts are capped so that long notes do not outweigh short ones.
    """
    n = finding.n
    proposal = propose(finding)
    direct = min(n("treated.direct"), 2)
    implicit = min(n("treated.implicit"), 2)
    reference = min(n("treated.reference", "around.reference"), 2)
    around = min(n("around"), 2)
    conclusion = min(n("conclusion"), 2)
    title = min(n("title"), 1)
    result = min(n("result"), 2)
    lesion = min(n("lesion"), 1)
    body = direct + implicit + reference + around + conclusion
    kinds = sum(x > 0 for x in (direct, implicit, reference, around, conclusion, title, result))
    return [
        float(x)
        for x in (
            direct,
            implicit,
            min(reference, 1),
            reference > 1,
            around,
            conclusion,
            title,
            title and not body,
            result,
            result > 0 and body > 0,
            lesion,
            min(n("normal"), 2),
            n("normal") > 0 and not lesion,
            min(n("untouched"), 1),
            min(n("negated"), 2),
            min(n("historical"), 2),
            min(n("planned"), 2),
            min(n("attempted"), 1),
            min(n("other"), 1),
            min(n("access"), 1),
            n("access") > 0 and not lesion,
            min(n("other_balloon"), 1),
            n("other_balloon") > 0 and not direct,
            kinds,
            finding.vein[1] == "unknown",
            min(facts.performed_acts, 4),
            n("retracted") > 0,
            proposal == "strong",
            proposal == "weak",
            proposal == "doubtful",
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


def rules_probability(finding: VeinFinding, facts: NoteFacts) -> float:  # noqa: ARG001  the head's interface
    """The rules-only baseline: a fixed probability for each kind of proposal."""
    return BASELINE[propose(finding)]
