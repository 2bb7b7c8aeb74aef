"""Calibrated note probabilities and the threshold of the ``auto`` lane.

The curve turns the log-odds of the note head into a probability: Platt's logistic curve, or an isotonic one where the
sample is large enough to bear it. The threshold is chosen by fixed-sequence testing, the finite-sample rule of "learn
then test": sets of notes are tested from the most certain downward, each by a one-sided Clopper-Pearson bound at the
full confidence, and the first set that fails ends the walk. Where the walk begins depends on the sample's size only,
never on which notes were wrong, so the bound holds for the set that is kept although many were looked at.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

CONFIDENCE = 0.95
TARGET = 0.98
#: Targets the shipped corpora are tested for, in rising order: fixed-sequence again, so confidence is spent once.
TARGETS = (0.90, 0.95, TARGET)
#: An isotonic curve needs this many notes, and this many of them wrong.
ISOTONIC_NOTES, ISOTONIC_WRONG = 1000, 50
#: Log-odds that spread less than this are all alike: no slope is read out of rounding noise.
LEVEL = 1e-6
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


# --- the curve --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """From the log-odds of the note head to a probability: logistic, or through ``points`` where there are any."""

    intercept: float = 0.0
    slope: float = 1.0
    points: tuple[tuple[float, float], ...] = ()

    def probability(self, log_odds: float) -> float:
        """The calibrated probability (0-1); never falls when the log-odds rise."""
        if self.points:
            return _between(self.points, log_odds)
        return expit(self.intercept + self.slope * log_odds)

    def to_dict(self) -> dict[str, Any]:
        """The curve as JSON."""
        out: dict[str, Any] = {"intercept": self.intercept, "slope": self.slope}
        return out | {"points": [list(p) for p in self.points]} if self.points else out


def _between(points: tuple[tuple[float, float], ...], x: float) -> float:
    """The value at ``x`` on straight lines between the points, level beyond the first and last."""
    at = bisect_right(points, (x, math.inf))
    if at in (0, len(points)):
        return points[min(at, len(points) - 1)][1]
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def expit(x: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def fit_curve(log_odds: Sequence[float], right: Sequence[bool]) -> Curve:
    """Fit the curve: Platt's method, isotonic regression on a large sample.

    Parameters
    ----------
    log_odds : sequence of float
        Log-odds of the note head on notes it was not fitted to.
    right : sequence of bool
        Whether codes and units of each note are right.

    Returns
    -------
    Curve
    """
    import numpy as np

    from venocode.classifier.head import minimum

    wrong = sum(not r for r in right)
    if len(right) >= ISOTONIC_NOTES and wrong >= ISOTONIC_WRONG:
        return _isotonic(log_odds, right)
    ups, downs = len(right) - wrong, wrong
    soft = [(ups + 1) / (ups + 2) if r else 1 / (downs + 2) for r in right]
    x = np.asarray(log_odds, dtype=np.float64)
    mean, scale = float(x.mean()), float(x.std())
    if scale < LEVEL:
        scale = 1.0
    (weight,), intercept, _ = minimum(((x - mean) / scale)[:, None], np.asarray(soft), 100.0, [(0.0, None)], 500)
    slope = float(weight) / scale
    return Curve(round(intercept - slope * mean, 6), round(slope, 6))


def _isotonic(log_odds: Sequence[float], right: Sequence[bool]) -> Curve:
    from sklearn.isotonic import IsotonicRegression

    n = len(right)
    found = IsotonicRegression(y_min=1 / (n + 2), y_max=(n + 1) / (n + 2), out_of_bounds="clip")
    found.fit(log_odds, [float(r) for r in right])
    knots = zip(found.X_thresholds_, found.y_thresholds_, strict=True)
    return Curve(points=tuple((round(float(x), 6), round(float(y), 6)) for x, y in knots))


# --- the threshold ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AutoLane:
    """The threshold of the ``auto`` lane and what it rests on.

    ``bound`` is the lower confidence bound of the accuracy among notes at or above ``threshold``; ``notes`` of the
    sample stand there, ``wrong`` of them wrong.
    """

    threshold: float
    target: float
    confidence: float
    notes: int
    wrong: int
    bound: float

    def to_dict(self) -> dict[str, Any]:
        """The lane as JSON."""
        return asdict(self)


def lower_bound(right: int, n: int, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson lower bound of a share.

    Parameters
    ----------
    right, n : int
        Successes and trials.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    float
        0 when nothing was right.
    """
    from scipy.stats import beta

    return float(beta.ppf(1 - confidence, right, n - right + 1)) if right else 0.0


def notes_needed(wrong: int, target: float, confidence: float = CONFIDENCE) -> int:
    """The fewest notes that carry the target when ``wrong`` of them are wrong.

    Parameters
    ----------
    wrong : int
    target, confidence : float
        Between 0 and 1.

    Returns
    -------
    int
    """
    low, high = wrong + 1, wrong + 2
    while lower_bound(high - wrong, high, confidence) < target:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if lower_bound(middle - wrong, middle, confidence) < target:
            low = middle + 1
        else:
            high = middle
    return low


def auto_lane(
    probabilities: Sequence[float], right: Sequence[bool], target: float = TARGET, confidence: float = CONFIDENCE
) -> AutoLane | None:
    """The lowest threshold whose ``auto`` lane keeps the target, by fixed-sequence testing.

    Parameters
    ----------
    probabilities : sequence of float
        Note probabilities of notes without review flags, from a head not fitted to them.
    right : sequence of bool
        Whether each of these notes may stand by itself.
    target : float
        Accuracy the lower bound must reach.
    confidence : float
        Confidence of the bound.

    Returns
    -------
    AutoLane or None
        None when the sample cannot carry the target.
    """
    kept = None
    begin = max(notes_needed(0, target, confidence), math.ceil(len(right) / 2))
    for threshold, n, wrong in _sets(probabilities, right):
        if n < begin:
            continue
        bound = lower_bound(n - wrong, n, confidence)
        if bound < target:
            break
        kept = AutoLane(threshold, target, confidence, n, wrong, round(bound, 6))
    return kept


def _sets(probabilities: Sequence[float], right: Sequence[bool]) -> list[tuple[float, int, int]]:
    """Every set of notes a threshold can keep: the threshold, the notes and the wrong ones among them.

    Thresholds are cut to six places, so that the last digits of a sum never decide a lane.
    """
    cut = [math.floor(p * 1e6) / 1e6 for p in probabilities]
    ordered = sorted(zip(cut, right, strict=True), key=lambda pair: -pair[0])
    out: list[tuple[float, int, int]] = []
    wrong = 0
    for n, (p, ok) in enumerate(ordered, start=1):
        wrong += not ok
        if n == len(ordered) or ordered[n][0] < p:
            out.append((p, n, wrong))
    return out


def best_lane(
    probabilities: Sequence[float],
    right: Sequence[bool],
    targets: Sequence[float] = TARGETS,
    confidence: float = CONFIDENCE,
) -> AutoLane | None:
    """The lane of the highest target the sample carries; targets are tested in rising order until one fails.

    Parameters
    ----------
    probabilities, right
        As for `auto_lane`.
    targets : sequence of float
        In rising order.
    confidence : float

    Returns
    -------
    AutoLane or None
        None when not even the lowest is carried.
    """
    kept = None
    for target in targets:
        lane = auto_lane(probabilities, right, target, confidence)
        if lane is None:
            break
        kept = lane
    return kept


def further_notes(
    probabilities: Sequence[float], right: Sequence[bool], target: float, confidence: float, sample: int
) -> int:
    """How many more gold notes the target needs at the least: no further wrong note among the certain ones.

    Parameters
    ----------
    probabilities, right
        As for `auto_lane`.
    target, confidence : float
    sample : int
        Size of the whole sample, with the notes that carry review flags.

    Returns
    -------
    int
        The least over all thresholds, counting that only a share of new notes comes above each.
    """
    lacking = [
        math.ceil(max(notes_needed(wrong, target, confidence) - n, 1) * sample / n)
        for _, n, wrong in _sets(probabilities, right)
    ]
    return min(lacking, default=notes_needed(0, target, confidence))


# --- how good it is ---------------------------------------------------------------------------------------------------


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """The reliability table: for each band of probability the notes, their mean probability and the share right."""
    rows = []
    for low, high in pairwise(EDGES):
        last = high == EDGES[-1]
        band = [(p, r) for p, r in zip(probabilities, right, strict=True) if low <= p < high or (last and p == high)]
        if band:
            mean = sum(p for p, _ in band) / len(band)
            share = sum(bool(r) for _, r in band) / len(band)
            rows.append({"from": low, "to": high, "notes": len(band), "mean": round(mean, 4), "right": round(share, 4)})
    return rows


def expected_error(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over the bands of the reliability table."""
    rows = reliability(probabilities, right)
    return round(sum(r["notes"] * abs(r["mean"] - r["right"]) for r in rows) / max(len(right), 1), 4)


def brier(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of probability and outcome."""
    pairs = list(zip(probabilities, right, strict=True))
    return round(sum((p - bool(r)) ** 2 for p, r in pairs) / max(len(pairs), 1), 4)


def coverage_curve(probabilities: Sequence[float], right: Sequence[bool], sample: int) -> list[dict[str, float]]:
    """Accuracy of the most certain notes at each tenth of coverage of the whole sample.

    Parameters
    ----------
    probabilities, right
        Of the notes without review flags.
    sample : int
        Size of the whole sample.
    """
    ordered = [r for _, r in sorted(zip(probabilities, right, strict=True), key=lambda pair: -pair[0])]
    rows = []
    for tenth in range(1, 11):
        n = round(sample * tenth / 10)
        if n > len(ordered) or not n:
            break
        share = sum(map(bool, ordered[:n])) / n
        rows.append({"coverage": tenth / 10, "notes": n, "accuracy": round(share, 4)})
    return rows
