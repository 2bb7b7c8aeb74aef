"""Cross-validation by voice: nothing that is measured on a note was learned from its author."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from venocode.classifier import validation
from venocode.classifier.features import NAMES
from venocode.classifier.gold import Example, ReadNote
from venocode.classifier.validation import (
    Outcome,
    by_rate,
    candidates,
    compare,
    difference,
    figures,
    held_out,
    outcomes,
    rules_only,
    wilson,
)
from venocode.cli.train import summary, table
from venocode.counting import load_policy
from venocode.counting.policy import Case
from venocode.findings import NoteFacts, VeinFinding

LEFT, RIGHT = ("common_iliac_vein", "left"), ("common_iliac_vein", "right")


def row(**values: float) -> tuple[float, ...]:
    return tuple(values.get(name, 0.0) for name in NAMES)


def example(vein: tuple[str, str], label: int | None, strong: bool, naive: bool = True) -> Example:
    told = row(strong=1.0, near=0.8, details=2.0) if strong else row(normal_without_lesion=1.0)
    return Example(vein, told, label, "strong" if strong else "nothing", 0.95 if strong else 0.03, naive)


def note(i: int, voice: str, right: bool = True) -> ReadNote:
    """One vein dilated, one only seen; a note that comes out wrong has its gold the other way round."""
    seen = {"normal.state": 1, "normal": 1}
    acted = {"treated.direct": 1, "treated": 1}
    findings = (VeinFinding(LEFT, acted, (), 1), VeinFinding(RIGHT, seen, (), 1))
    case = Case(findings, NoteFacts(), load_policy())
    treated = frozenset({LEFT}) if right else frozenset({LEFT, RIGHT})
    examples = (example(LEFT, 1, True), example(RIGHT, int(not right), False, naive=False))
    return ReadNote(f"{voice}-{i}", voice, case, examples, treated, (1, int(not right)), False)


def notes() -> list[ReadNote]:
    return [note(i, voice, right=i % 4 != 0) for voice in ("a", "b", "c", "d") for i in range(6)]


@pytest.fixture(scope="module")
def comparison() -> dict[str, dict[str, Any]]:
    return compare(notes())


class TestGrouped:
    @pytest.mark.parametrize("name", ["rules only", "naive", "shipped head"])
    def test_every_note_is_judged_once(self, name: str) -> None:
        found = outcomes(notes(), name, candidates()[name])
        assert len(found) == len(notes())
        assert sorted({o.voice for o in found}) == ["a", "b", "c", "d"]

    def test_a_learner_never_sees_the_voice_it_is_judged_on(self) -> None:
        seen: list[set[str]] = []

        def spy(train: list[ReadNote]) -> Callable[[ReadNote], list[float]]:
            voices = {n.voice for n in train}
            seen.append(voices)

            def score(held: ReadNote) -> list[float]:
                assert held.voice not in voices
                return [0.5] * len(held.examples)

            return score

        outcomes(notes(), "spy", spy)
        assert len(seen) == 4

    def test_the_note_head_is_nested(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No vein head that decides a note, in training or in testing, knows its voice or the one held out."""
        fit, judge = validation.fit_head, validation._judge
        known: dict[int, set[str]] = {}
        pairs: set[tuple[str, frozenset[str]]] = set()

        def spying_fit(train: Any, *rest: Any) -> Any:
            kept = list(train)
            head = fit(kept, *rest)
            known[id(head)] = {n.voice for n in kept}
            spying_fit.heads.append(head)  # type: ignore[attr-defined]
            return head

        def spying_judge(held: ReadNote, head: Any) -> Any:
            assert held.voice not in known[id(head)]
            pairs.add((held.voice, frozenset(known[id(head)])))
            return judge(held, head)

        spying_fit.heads = []  # type: ignore[attr-defined]
        monkeypatch.setattr(validation, "fit_head", spying_fit)
        monkeypatch.setattr(validation, "_judge", spying_judge)
        found = held_out(notes())
        assert [h.note_id for h in found] == [n.note_id for n in notes()]
        assert {len(voices) for _, voices in pairs} == {2, 3}
        assert ("a", frozenset({"c", "d"})) in pairs

    def test_right_flagged_and_standing(self) -> None:
        found = held_out(notes())
        assert [h.right for h in found] == [i % 4 != 0 for _ in "abcd" for i in range(6)]
        assert not any(h.flagged for h in found)
        assert [h.stands for h in found] == [h.right for h in found]


class TestBaselines:
    def test_the_naive_one_counts_every_vein_beside_an_angioplasty_word(self) -> None:
        found = outcomes(notes(), "naive", candidates()["naive"])
        assert [o.units for o in found] == [i % 4 != 0 for _ in "abcd" for i in range(6)]

    def test_rates_are_those_of_the_notes_learned_from(self) -> None:
        score = by_rate(lambda e: e.proposal)([note(i, "a", right=i != 0) for i in range(3)])
        assert score(note(9, "b")) == [pytest.approx(4 / 5), pytest.approx(2 / 5)]

    def test_a_kind_never_seen_is_even(self) -> None:
        assert by_rate(lambda e: e.vein)([])(note(0, "a")) == [0.5, 0.5]

    def test_rules_only_learns_nothing(self) -> None:
        assert rules_only([])(note(0, "a")) == [0.95, 0.03]


class TestFigures:
    def outcome(self, label: int, p: float, units: bool = True) -> Outcome:
        return Outcome("a", (label,), (p,), units, units)

    def test_log_loss_brier_and_shares(self) -> None:
        found = figures([self.outcome(1, 0.8), self.outcome(0, 0.6, units=False)])
        assert found["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2, abs=1e-4)
        assert found["brier"] == pytest.approx((0.04 + 0.36) / 2)
        assert (found["right"], found["case_exact"], found["veins"], found["ballooned"]) == (0.5, 0.5, 2, 1)

    def test_intervals_hold_the_estimate(self) -> None:
        found = figures([self.outcome(i % 2, 0.3 + 0.1 * (i % 5), units=i % 3 > 0) for i in range(30)])
        assert found["log_loss_ci"][0] <= found["log_loss"] <= found["log_loss_ci"][1]
        assert found["case_exact_ci"][0] <= found["case_exact"] <= found["case_exact_ci"][1]

    def test_notes_won_and_lost(self) -> None:
        ours = [self.outcome(1, 0.9, units=u) for u in (True, True, False, True)]
        theirs = [self.outcome(1, 0.5, units=u) for u in (True, False, True, False)]
        found = difference(ours, theirs)
        assert (found["notes_won"], found["notes_lost"]) == (2, 1)
        assert found["log_loss"] < 0
        assert found["log_loss_ci"][1] < 0

    @pytest.mark.parametrize(
        ("k", "n", "interval"), [(0, 0, [0.0, 1.0]), (119, 120, [0.9543, 0.9985]), (0, 10, [0.0, 0.2775])]
    )
    def test_wilson(self, k: int, n: int, interval: list[float]) -> None:
        assert wilson(k, n) == interval

    @pytest.mark.slow
    def test_the_comparison_as_a_table(self, comparison: dict[str, dict[str, Any]]) -> None:
        found = comparison
        assert set(found) >= {"naive", "rules only", "shipped head", "boosting, 4 leaves"}
        lines = table(found)
        assert len(lines) == len(found) + 2
        losses = [found[name]["log_loss"] for line in lines[2:] for name in [line[:24].strip()]]
        assert losses == sorted(losses)

    @pytest.mark.slow
    def test_the_summary_says_when_no_note_is_auto(self, comparison: dict[str, dict[str, Any]]) -> None:
        found = comparison
        told = {"head": found["shipped head"], "rates": found["rules, rates learned"]}
        told |= {"rules": found["rules only"], "naive": found["naive"], "notes": {}}
        assert summary(told)[-1] == "auto: these notes carry no target; no note is auto"
