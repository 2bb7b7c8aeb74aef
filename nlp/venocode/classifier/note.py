"""Features of a whole note: what makes its codes and units trustworthy, or not.

Every vein has its own probability, but a note fails in other ways too: an act that found no vein, three balloon sizes
for two counted veins, a title that names another vein, sides that were only inferred. A small second head weighs these
to the probability that codes *and* units are all right.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from venocode.classifier.features import Feature

if TYPE_CHECKING:
    from venocode.counting.count import Counted, CountedNote
    from venocode.counting.policy import Case

#: Reasons that say why a vein named in the title, or told with a lesion, earns no unit.
EXPLAINING = frozenset({"stent_same_vein", "dialysis_circuit", "all_inclusive", "bridged", "special", "attempted", "negated",
                        "non_angioplasty_balloon"})  # fmt: skip

FEATURES = (
    # how sure the vein head is
    Feature("log_agreement", 1, "sum over the veins of the log probability of the likelier reading (at least -4)"),
    Feature("counted_certainty", 1, "sum over the counted veins of the log probability (at least -2)"),
    Feature("left_margin", 1, "lowest log-odds against a vein not taken as ballooned (-1 to 4)"),
    # how much there is to get wrong
    Feature("no_act", 1, "no angioplasty word at all"),
    Feature("counted", -1, "veins that earn a unit (0-4)"),
    Feature("old_stents", -1, "old stents told in the note"),
    Feature("hedged_acts", -1, "acting sentences with a word of plan or condition (0-3)"),
    Feature("sides_open", -1, "counted veins whose side is unknown or never told beside the name (0-3)"),
    # what the counted veins do not account for
    Feature("orphan_acts", -1, "sentences with a performed act or an inflated balloon that found no vein (0-4)"),
    Feature("balloon_unused", -1, "such a sentence, and no vein taken as ballooned"),
    Feature("unused_sizes", -1, "distinct balloon sizes beyond one for each ballooned vein (0-3)"),
    Feature("told_apart", -1, "distance of the number words for treated things from the ballooned veins (0-3)"),
    Feature("open_lesions", -1, "veins with a lesion and no word why they were not treated (0-3)"),
    Feature("severe_apart", -1, "veins told half or more lost and not ballooned, or ballooned and not so told (0-4)"),
    # agreement with title and impression
    Feature("title_missing", -1, "veins dilated by the title, neither counted nor explained (0-3)"),
    Feature("title_unmet", -1, "the title tells a dilation, and no vein earns a unit"),
    Feature("title_silent", -1, "counted veins that a title with veins does not name (0-3)"),
    Feature("impression_silent", -1, "counted veins that an impression with treated veins does not name (0-3)"),
)
NAMES = tuple(f.name for f in FEATURES)
SIGNS = tuple(f.sign for f in FEATURES)
MARGIN = 4.0


def note_features(counted: CountedNote, case: Case) -> list[float]:
    """The feature vector of one note, in the order of ``NAMES``.

    Parameters
    ----------
    counted : CountedNote
        The veins as decided.
    case : Case
        Findings, facts and settings of the note.

    Returns
    -------
    list of float
    """
    values = _certainty(counted) | _burden(counted, case) | _unaccounted(counted, case) | _agreement(counted, case)
    return [float(values[name]) for name in NAMES]


def _certainty(counted: CountedNote) -> dict[str, float]:
    agreement = sum(_log(max(d.probability, 1 - d.probability)) for d in counted.veins)
    left = [-_logit(d.probability) for d in counted.veins if not ballooned(d)]
    return {
        "log_agreement": max(agreement, -4.0),
        "counted_certainty": max(sum(_log(d.probability) for d in counted.counted), -2.0),
        "left_margin": max(min([*left, MARGIN]), -1.0),
    }


def _log(p: float) -> float:
    return math.log(max(p, 1e-9))


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def ballooned(d: Counted) -> bool:
    """Whether the vein was taken as ballooned in this session, though it may earn nothing."""
    return d.counted or d.reason in ("stent_same_vein", "dialysis_circuit", "all_inclusive", "bridged", "special")


def _burden(counted: CountedNote, case: Case) -> dict[str, float]:
    told, veins = case.facts.evidence, [d.finding for d in counted.counted]
    return {
        "no_act": not told.get("words"),
        "counted": min(len(veins), 4),
        "old_stents": told.get("old_stents", 0) > 0,
        "hedged_acts": min(told.get("hedged", 0), 3),
        "sides_open": min(sum(f.vein[1] == "unknown" or f.evidence.get("side_inferred", 0) > 0 for f in veins), 3),
    }


def _unaccounted(counted: CountedNote, case: Case) -> dict[str, float]:
    told, veins = case.facts.evidence, counted.veins
    treated, orphans = sum(map(ballooned, veins)), told.get("orphans", 0)
    return {
        "orphan_acts": min(orphans, 4),
        "balloon_unused": orphans > 0 and not treated,
        "unused_sizes": min(max(told.get("sizes", 0) - max(treated, 1), 0), 3),
        "told_apart": min(min((abs(n - treated) for n in range(2, 7) if told.get(f"told_{n}")), default=0), 3),
        "open_lesions": min(sum(d.finding.evidence.get("open_lesion", 0) for d in veins), 3),
        "severe_apart": min(sum((d.finding.evidence.get("severe", 0) > 0) != ballooned(d) for d in veins), 4),
    }


def _agreement(counted: CountedNote, case: Case) -> dict[str, float]:
    veins = counted.veins
    titled = any(d.finding.n("title") for d in veins)
    concluded = any(d.finding.n("conclusion") for d in veins)
    missing = [d for d in veins if d.finding.n("title") and not d.counted and d.reason not in EXPLAINING]
    return {
        "title_missing": min(len(missing), 3),
        "title_unmet": case.facts.evidence.get("title_acts", 0) > 0 and not counted.counted,
        "title_silent": min(sum(not d.finding.n("title", "title_stent") for d in counted.counted), 3) if titled else 0,
        "impression_silent": min(sum(not d.finding.n("conclusion") for d in counted.counted), 3) if concluded else 0,
    }
