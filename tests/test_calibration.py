"""The curve, and the finite-sample rule behind the threshold of the auto lane."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venocode.classifier.calibration import (
    Curve,
    auto_lane,
    best_lane,
    brier,
    coverage_curve,
    expected_error,
    fit_curve,
    further_notes,
    lower_bound,
    notes_needed,
    reliability,
)

SAMPLES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


def descending(n: int) -> list[float]:
    return [1.0 - i / (2 * n) for i in range(n)]


class TestBound:
    @pytest.mark.parametrize(
        ("right", "n", "bound"), [(0, 10, 0.0), (59, 59, 0.9505), (149, 149, 0.9801), (235, 236, 0.9801), (9, 10, 0.6058)]
    )  # fmt: skip
    def test_known_values(self, right: int, n: int, bound: float) -> None:
        assert lower_bound(right, n) == pytest.approx(bound, abs=5e-5)

    @pytest.mark.parametrize(
        ("wrong", "target", "n"), [(0, 0.98, 149), (1, 0.98, 236), (2, 0.98, 313), (0, 0.95, 59), (0, 0.9, 29)]
    )
    def test_the_fewest_notes(self, wrong: int, target: float, n: int) -> None:
        assert notes_needed(wrong, target) == n

    @given(st.integers(0, 5), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
    @settings(max_examples=40, deadline=None)
    def test_the_fewest_notes_are_just_enough(self, wrong: int, target: float, confidence: float) -> None:
        n = notes_needed(wrong, target, confidence)
        assert lower_bound(n - wrong, n, confidence) >= target
        assert n == wrong + 1 or lower_bound(n - 1 - wrong, n - 1, confidence) < target


class TestThreshold:
    def test_all_right_keeps_every_note(self) -> None:
        lane = auto_lane(descending(200), [True] * 200)
        assert lane is not None
        assert (lane.notes, lane.wrong) == (200, 0)
        assert lane.threshold <= min(descending(200))
        assert lane.bound >= 0.98

    def test_too_few_notes_carry_nothing(self) -> None:
        assert auto_lane(descending(148), [True] * 148) is None
        assert auto_lane([], []) is None

    def test_the_walk_ends_before_the_wrong_ones(self) -> None:
        right = [True] * 160 + [False] * 40
        lane = auto_lane(descending(200), right)
        assert lane is not None
        assert lane.notes == 160
        assert lane.wrong == 0

    def test_a_wrong_note_among_the_most_certain_ends_it_at_once(self) -> None:
        assert auto_lane(descending(200), [False] + [True] * 199) is None

    def test_notes_of_one_probability_stand_or_fall_together(self) -> None:
        assert auto_lane([0.9] * 200, [True] * 160 + [False] * 40) is None

    def test_where_it_begins_does_not_depend_on_who_was_wrong(self) -> None:
        p = descending(1000)
        first_wrong = auto_lane(p, [i != 0 for i in range(1000)])
        later_wrong = auto_lane(p, [i != 400 for i in range(1000)])
        assert first_wrong is not None
        assert later_wrong is not None
        assert first_wrong.notes == later_wrong.notes == 1000

    @given(SAMPLES, st.sampled_from([0.5, 0.7, 0.8, 0.9]))
    @settings(deadline=None)
    def test_what_is_kept_carries_the_target(self, sample: list[tuple[float, bool]], target: float) -> None:
        p, right = [x for x, _ in sample], [r for _, r in sample]
        lane = auto_lane(p, right, target)
        if lane is not None:
            kept = [r for x, r in sample if x >= lane.threshold]
            assert len(kept) == lane.notes
            assert kept.count(False) == lane.wrong
            assert lower_bound(kept.count(True), len(kept)) >= target

    def test_it_keeps_its_promise(self) -> None:
        """Of many samples from a lane that misses the target, at most one in twenty passes (and chance)."""
        rng = random.Random(7)
        passed = 0
        for _ in range(400):
            p = [rng.random() for _ in range(200)]
            right = [rng.random() < 0.94 for _ in p]  # as often wrong at every probability: no set keeps 0.95
            passed += auto_lane(p, right, 0.95) is not None
        assert passed / 400 <= 0.08

    def test_the_highest_target_carried(self) -> None:
        p = descending(100)
        lane = best_lane(p, [True] * 100)
        assert lane is not None
        assert lane.target == 0.95
        assert best_lane(p, [True, False] * 50) is None
        all_right = best_lane(descending(300), [True] * 300)
        assert all_right is not None
        assert all_right.target == 0.98


class TestFurtherNotes:
    def test_a_clean_sample_needs_the_rest(self) -> None:
        assert further_notes(descending(100), [True] * 100, 0.98, 0.95, 100) == 49

    def test_notes_kept_from_auto_by_flags_make_it_dearer(self) -> None:
        assert further_notes(descending(100), [True] * 100, 0.98, 0.95, 200) == 98

    def test_nothing_to_build_on(self) -> None:
        assert further_notes([], [], 0.98, 0.95, 10) == 149

    @given(SAMPLES)
    @settings(deadline=None)
    def test_always_at_least_one(self, sample: list[tuple[float, bool]]) -> None:
        assert further_notes([p for p, _ in sample], [r for _, r in sample], 0.98, 0.95, len(sample)) >= 1


class TestCurve:
    @given(
        st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=40), st.floats(-9, 9), st.floats(0, 3)
    )
    @settings(deadline=None)
    def test_never_falls_and_never_reaches_certainty(
        self, sample: list[tuple[float, bool]], x: float, more: float
    ) -> None:
        curve = fit_curve([v for v, _ in sample], [r for _, r in sample])
        assert 0 < curve.probability(x) <= curve.probability(x + more) + 1e-12 < 1 + 1e-9

    def test_log_odds_that_differ_by_rounding_only_carry_no_slope(self) -> None:
        curve = fit_curve([0.0, 1e-150] * 5, [False, True] * 5)
        assert curve.probability(3.0) == pytest.approx(0.5, abs=0.1)

    def test_a_sample_all_right_stays_below_one(self) -> None:
        curve = fit_curve([0.0, 1.0, 2.0] * 10, [True] * 30)
        assert 0.9 < curve.probability(1.0) < 1

    def test_too_certain_log_odds_are_drawn_in(self) -> None:
        rng = random.Random(1)
        truth = [rng.gauss(1.5, 1.0) for _ in range(600)]
        right = [rng.random() < Curve().probability(x) for x in truth]
        curve = fit_curve([3 * x for x in truth], right)
        assert curve.slope == pytest.approx(1 / 3, abs=0.1)

    def test_a_large_sample_is_isotonic(self) -> None:
        rng = random.Random(2)
        odds = [rng.gauss(1.0, 1.5) for _ in range(1500)]
        right = [rng.random() < Curve().probability(x) for x in odds]
        curve = fit_curve(odds, right)
        assert curve.points
        assert abs(sum(map(curve.probability, odds)) / 1500 - sum(right) / 1500) < 0.02
        assert curve.probability(-99) == curve.points[0][1]
        assert curve.probability(99) == curve.points[-1][1]
        assert all(0 < y < 1 for _, y in curve.points)


class TestFigures:
    def test_the_reliability_table(self) -> None:
        rows = reliability([0.2, 0.85, 0.86, 1.0], [False, True, False, True])
        assert [(r["from"], r["notes"], r["right"]) for r in rows] == [(0.0, 1, 0.0), (0.8, 2, 0.5), (0.95, 1, 1.0)]

    @given(SAMPLES)
    def test_every_note_stands_in_one_band(self, sample: list[tuple[float, bool]]) -> None:
        p, right = [x for x, _ in sample], [r for _, r in sample]
        assert sum(r["notes"] for r in reliability(p, right)) == len(sample)
        assert 0 <= expected_error(p, right) <= 1
        assert 0 <= brier(p, right) <= 1

    def test_certain_and_right(self) -> None:
        assert expected_error([1.0] * 5, [True] * 5) == brier([1.0] * 5, [True] * 5) == 0

    def test_coverage_counts_the_notes_with_flags(self) -> None:
        rows = coverage_curve(descending(6), [True] * 5 + [False], 10)
        assert [(r["coverage"], r["notes"], r["accuracy"]) for r in rows][-1] == (0.6, 6, round(5 / 6, 4))
