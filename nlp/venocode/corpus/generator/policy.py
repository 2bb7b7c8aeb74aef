"""The gold record of a scenario: the coding policy once more, for scenarios, and independent of ``venocode.counting``.

It knows what happened, so it needs no evidence, no probability and no language: every rule is one look at the scenario.
"""

from __future__ import annotations

from typing import Any

from venocode.corpus.generator.scenario import CIRCUITS, OTHER_BALLOON, Fact, Scenario, Vein

ARM = frozenset({"cephalic_vein", "basilic_vein", "brachial_vein", "axillary_vein", "subclavian_vein", "brachiocephalic_vein",
                 "superior_vena_cava"})  # fmt: skip
CHEST = frozenset(
    {"subclavian_vein", "brachiocephalic_vein", "superior_vena_cava", "axillary_vein", "internal_jugular_vein"}
)
ONE_VESSEL = (frozenset({"external_iliac_vein", "common_femoral_vein"}), frozenset({"femoral_vein", "popliteal_vein"}))
REVIEW = frozenset({"intracranial_sinus", "coronary_sinus", "pulmonary_vein", "lead_venoplasty", "catheter_exchange", "old_access",
                    "special_conduit", "two_routes", "header_only", "side_unspecified", "vein_unspecified"})  # fmt: skip


def gold_of(s: Scenario) -> dict[str, Any]:
    """What the note of a scenario earns.

    Parameters
    ----------
    s : Scenario
        What happened.

    Returns
    -------
    dict
        The gold record, with the keys of :data:`venocode.corpus.GOLD_KEYS`.
    """
    reasons = {f.vein: reason(f, i, s) for i, f in enumerate(s.facts)}
    counted = [f for f in s.facts if reasons[f.vein] is None]
    flags = sorted(_flags(s, counted, reasons))
    return {
        "treated_veins": [_record(f.vein) for f in counted],
        "codes": {"37248": min(len(counted), 1), "37249": max(len(counted) - 1, 0)},
        "not_counted": [_record(vein) | {"why": why} for vein, why in reasons.items() if why],
        "flags": flags,
        "access": [{"vessel": x.vessel, "side": x.side, "approach": x.approach} for x in s.sites],
        "fluoroscopy": s.fluoroscopy,
        "review": bool(REVIEW & set(flags)),
    }


def reason(f: Fact, at: int, s: Scenario) -> str | None:
    """Why a vein earns no unit; None where it does."""
    if f.act == "stented":
        return "stent_same_vein"
    if f.act in OTHER_BALLOON:
        return "non_angioplasty_balloon"
    if f.act != "ballooned":
        return _untreated(f, s)
    if f.vein[0].endswith("_artery"):
        return "artery"
    if f.vein[0] in ("transverse_sinus", "sigmoid_sinus", "coronary_sinus") or "old_access" in s.known:
        return "special"
    if s.known & {"tips", "creation"}:
        return "all_inclusive"
    if "circuit" in s.known and f.vein[0] in ARM and s.sites[f.site].vessel in CIRCUITS:
        return "dialysis_circuit"
    if s.bridge and at == s.bridge[1]:
        return "bridged"
    return None


def _untreated(f: Fact, s: Scenario) -> str:
    if f.vein in s.title_extra:
        return "header_only_mismatch"
    if f.act == "imaged":
        return "historical" if f.vein in s.history else "imaged_only"
    return f.act  # attempted, negated, planned


def _flags(s: Scenario, counted: list[Fact], reasons: dict[Vein, str | None]) -> set[str]:
    why = set(reasons.values())
    names = {f.vein[0] for f in counted}
    ballooned = {f.vein[0] for f in s.doing("ballooned")}
    stented = {f.vein for f in s.doing("stented")}
    found = {
        "bridging_lesion": "bridged" in why,
        "header_body_mismatch": "header_only_mismatch" in why,
        "attempted": "attempted" in why,
        "separate_vein_modifier": bool(stented and counted),
        "grouping_differs": _grouping_differs([f.vein for f in counted], stented),
        "intracranial_sinus": bool(ballooned & {"transverse_sinus", "sigmoid_sinus"}),
        "coronary_sinus": "coronary_sinus" in ballooned,
        "pulmonary_vein": any(name.endswith("pulmonary_vein") for name in names),
        "lead_venoplasty": "lead" in s.known and bool(names & CHEST),
        "catheter_exchange": "exchange" in s.known and bool(names & CHEST),
        "coverage": "ms" in s.known and bool(names),
        "old_access": "old_access" in s.known,
        "special_conduit": "baffle" in s.known,
        "two_routes": "circuit" in s.known and len(s.sites) > 1,
        "side_unspecified": any(f.vein[1] == "unknown" for f in counted),
        "vein_unspecified": "unknown_vein" in names,
        "header_only": bool(counted) and not s.has_body,
    }
    if counted:
        found |= {
            "missing:access": not s.sites,
            "missing:fluoroscopy": not s.fluoroscopy,
            "missing:lesion": not s.has_body or any(not f.lesion_told for f in counted),
            "missing:balloon": not s.sized,
            "missing:result": not s.result,
        }
    return {name for name, holds in found.items() if holds}


def _grouping_differs(counted: list[Vein], stented: set[Vein]) -> bool:
    """Whether a reading of leg veins by group gives other units: two counted of one group, or one beside a stent of it."""
    for group in ONE_VESSEL:
        for side in ("left", "right", "unknown"):
            here = [v for v in counted if v[0] in group and v[1] == side]
            beside = any(v[0] in group and v[1] == side for v in stented)
            if len(here) > 1 or (here and beside):
                return True
    return False


def _record(vein: Vein) -> dict[str, str]:
    return {"vein": vein[0], "side": vein[1]}
