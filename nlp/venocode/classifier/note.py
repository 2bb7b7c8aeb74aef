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
    Feature("log_agreement", 1, "sum over the veins of the log probability of the likelier reading"),
    Feature("ballooned_margin", 1, "lowest log-odds of a vein taken as ballooned (-1 to 4)"),
    Feature("left_margin", 1, "lowest log-odds against a vein not taken as ballooned (-1 to 4)"),
    Feature("no_act", 1, "no angioplasty word at all"),
    Feature("counted", -1, "veins that earn a unit (0-4)"),
    Feature("doubtful_counted", -1, "counted veins with a probability below 0.8 (0-3)"),
    Feature("likely_uncounted", -1, "veins not ballooned with a probability above 0.15 (0-3)"),
    Feature("reference_counted", -1, "counted veins that acts speak of by reference only (0-3)"),
    Feature("lesionless_counted", -1, "counted veins without a lesion told (0-3)"),
    Feature("orphan_acts", -1, "sentences with a performed act or an inflated balloon that found no vein (0-4)"),
    Feature("unused_sizes", -1, "distinct balloon sizes beyond one for each ballooned vein (0-3)"),
    Feature("balloon_unused", -1, "an inflated balloon that found no vein, and no vein taken as ballooned"),
    Feature("told_apart", -1, "distance of the number words for treated things from the ballooned veins (0-3)"),
    Feature("title_missing", -1, "veins dilated by the title, neither counted nor explained (0-3)"),
    Feature("title_silent", -1, "counted veins that a title with veins does not name (0-3)"),
    Feature("impression_silent", -1, "counted veins that an impression with treated veins does not name (0-3)"),
    Feature("open_lesions", -1, "veins with a lesion and no word why they were not treated (0-3)"),
    Feature("severe_apart", -1, "veins told half or more lost and not ballooned, or ballooned and not so told (0-4)"),
    Feature("result_apart", -1, "veins with a result told and not ballooned (0-3)"),
    Feature("title_apart", -1, "veins treated by the title and not ballooned, or ballooned and not in it (0-4)"),
    Feature("sides_open", -1, "counted veins whose side is unknown or never told beside the name (0-3)"),
    Feature("stented", -1, "stents told in the note (any)"),
    Feature("old_stents", -1, "old stents told in the note (any)"),
    Feature("arteries", -1, "arteries beside a performed act (any)"),
    Feature("circuit", -1, "a dialysis circuit"),
    Feature("hedged_acts", -1, "acting sentences with a word of plan or condition (0-3)"),
    Feature("dated_acts", -1, "acting sentences with a word of another day (0-3)"),
    Feature("addendum", -1, "an addendum or correction"),
    Feature("other_balloons", -1, "balloons for something other than widening (any)"),
)
NAMES = tuple(f.name for f in FEATURES)
SIGNS = tuple(f.sign for f in FEATURES)
SURE, LIKELY = 0.8, 0.15
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
    values = _certainty(counted) | _counted(counted.counted) | _unaccounted(counted, case) | _kind(case)
    return [float(values[name]) for name in NAMES]


def _certainty(counted: CountedNote) -> dict[str, float]:
    taken = [_logit(d.probability) for d in counted.veins if ballooned(d)]
    left = [-_logit(d.probability) for d in counted.veins if not ballooned(d)]
    return {
        "log_agreement": max(sum(math.log(max(d.probability, 1 - d.probability, 1e-9)) for d in counted.veins), -4.0),
        "ballooned_margin": max(min([*taken, MARGIN]), -1.0),
        "left_margin": max(min([*left, MARGIN]), -1.0),
        "likely_uncounted": min(sum(x < -_logit(LIKELY) for x in left), 3),
    }


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def ballooned(d: Counted) -> bool:
    """Whether the vein was taken as ballooned in this session, though it may earn nothing."""
    return d.counted or d.reason in ("stent_same_vein", "dialysis_circuit", "all_inclusive", "bridged", "special")


def _counted(veins: tuple[Counted, ...]) -> dict[str, float]:
    n = [d.finding for d in veins]
    return {
        "counted": min(len(veins), 4),
        "doubtful_counted": min(sum(d.probability < SURE for d in veins), 3),
        "reference_counted": min(sum(not f.n("treated.direct", "treated.implicit", "around.direct") for f in n), 3),
        "lesionless_counted": min(sum(not f.n("lesion") for f in n), 3),
        "sides_open": min(sum(f.vein[1] == "unknown" or f.evidence.get("side_inferred", 0) > 0 for f in n), 3),
    }


def _unaccounted(counted: CountedNote, case: Case) -> dict[str, float]:
    """What the note tells that the counted veins do not account for."""
    told = case.facts.evidence
    treated = sum(ballooned(d) for d in counted.veins)
    open_lesions = [d for d in counted.veins if d.finding.evidence.get("open_lesion")]
    titled = any(d.finding.n("title") for d in counted.veins)
    concluded = any(d.finding.n("conclusion") for d in counted.veins)
    missing = [d for d in counted.veins if d.finding.n("title") and not d.counted and d.reason not in EXPLAINING]
    return {
        "orphan_acts": min(told.get("orphans", 0), 4),
        "unused_sizes": min(max(told.get("sizes", 0) - max(treated, 1), 0), 3),
        "balloon_unused": told.get("orphans", 0) > 0 and not treated,
        "told_apart": min(min((abs(n - treated) for n in range(2, 7) if told.get(f"told_{n}")), default=0), 3),
        "title_missing": min(len(missing), 3),
        "title_silent": min(sum(not d.finding.n("title", "title_stent") for d in counted.counted), 3) if titled else 0,
        "impression_silent": min(sum(not d.finding.n("conclusion") for d in counted.counted), 3) if concluded else 0,
        "severe_apart": min(sum((d.finding.evidence.get("severe", 0) > 0) != ballooned(d) for d in counted.veins), 4),
        "result_apart": min(sum(d.finding.n("result") > 0 and not ballooned(d) for d in counted.veins), 3),
        "title_apart": min(sum((d.finding.n("title", "title_stent") > 0) != ballooned(d) for d in counted.veins), 4),
        "open_lesions": min(len(open_lesions), 3),
    }


def _kind(case: Case) -> dict[str, float]:
    told = case.facts.evidence
    return {
        "no_act": not told.get("words"),
        "stented": told.get("stents", 0) > 0,
        "old_stents": told.get("old_stents", 0) > 0,
        "arteries": bool(case.facts.arteries),
        "circuit": case.facts.has("circuit"),
        "hedged_acts": min(told.get("hedged", 0), 3),
        "dated_acts": min(told.get("dated", 0), 3),
        "addendum": told.get("addendum", 0),
        "other_balloons": told.get("other_balloons", 0) > 0,
    }
