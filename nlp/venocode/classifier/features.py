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
        )
    ]


def rules_probability(finding: VeinFinding, facts: NoteFacts) -> float:
    """The rules-only baseline: 0.95 when the rules propose the vein, else 0.05."""
    n = finding.n
    if n("retracted"):
        return 0.05
    strong = n("treated.direct") + n("around")
    weak = n("treated.implicit") + n("treated.reference") + n("conclusion")
    denied = n("untouched") + n("negated") + n("attempted") + n("other_balloon")
    if strong:
        return 0.95 if strong >= n("negated") + n("untouched") or n("lesion") else 0.4
    if weak and not denied:
        return 0.9 if n("lesion") or not n("normal") else 0.45
    if weak and n("lesion") and weak > denied:
        return 0.7
    return 0.05
