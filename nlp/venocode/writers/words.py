"""The words in which lanes and decisions are told to people."""

from __future__ import annotations

from venocode.records import VeinDecision

LANES = {
    "auto": "the codes stand by themselves",
    "review": "a person must look before the codes are used",
    "query": "the document itself must be clarified",
}

REASONS = {
    "stent_same_vein": "a stent was placed in this vein in this session",
    "dialysis_circuit": "part of a dialysis circuit, or reached through it",
    "historical": "treated in an earlier session",
    "planned": "only planned or recommended",
    "attempted": "attempted, no balloon inflated",
    "negated": "the note says it was not treated",
    "imaged_only": "only imaged or passed through",
    "access_only": "only entered for access",
    "non_angioplasty_balloon": "balloon used for something other than widening",
    "all_inclusive": "included in another service",
    "bridged": "one unit together with a neighbouring vein",
    "artery": "an artery",
    "header_only_mismatch": "named in the title only, the body does not support it",
    "special": "a special vein or situation that earns no unit here",
}


def reason_in_words(decision: VeinDecision) -> str:
    """``counted``, or ``not counted: `` and the reason in words."""
    if decision.decision == "counted":
        return "counted"
    reason = decision.reason or "no reason recorded"
    return f"not counted: {REASONS.get(reason, reason)}"
