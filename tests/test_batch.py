"""The batch loop: same order, nothing lost, one bad note never stops the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakes import NOTE, FakeEngine
from venocode.batch import Summary, run_batch
from venocode.readers import Row
from venocode.records import NoteResult


class Kept:
    """A sink that keeps the records."""

    def __init__(self) -> None:
        self.results: list[NoteResult] = []

    def write(self, result: NoteResult, row: Row) -> None:
        assert row.note_id == result.note_id
        self.results.append(result)


def run(rows: list[Row]) -> tuple[list[NoteResult], list[dict[str, Any]], Summary]:
    kept, bad = Kept(), []
    summary = run_batch(rows, FakeEngine(), kept, bad.append)
    return kept.results, bad, summary


def test_summary() -> None:
    results, bad, summary = run([Row(1, "a", NOTE), Row(2, "b", "nothing"), Row(3, "c", NOTE)])
    assert [r.note_id for r in results] == ["a", "b", "c"]
    assert bad == []
    assert summary.units == {"37248": 2, "37249": 0}
    assert summary.lanes == {"review": 2, "auto": 1}
    assert (summary.coded, summary.quarantined) == (3, 0)
    assert summary.speed > 0


def test_problems_and_second_ids_go_aside_and_the_run_goes_on() -> None:
    rows = [Row(1, "a", NOTE), Row(2, None, problem="line is not valid JSON"), Row(5, "a", "other"), Row(6, "b", "x")]
    results, bad, _ = run(rows)
    assert [r.note_id for r in results] == ["a", "b"]
    assert bad == [
        {"row": 2, "note_id": None, "reason": "line is not valid JSON"},
        {"row": 5, "note_id": "a", "reason": "note_id stands already in row 1"},
    ]


def test_notes_of_one_message_may_share_its_number_but_not_an_id() -> None:
    results, bad, _ = run([Row(1, "a", "x"), Row(1, "b", "x"), Row(1, "a", "x")])
    assert [r.note_id for r in results] == ["a", "b"]
    assert bad == [{"row": 1, "note_id": "a", "reason": "note_id stands already in row 1"}]


def test_a_note_that_breaks_the_engine_leaves_only_the_name_of_the_error() -> None:
    results, bad, _ = run([Row(1, "a", "BREAK secret"), Row(2, "b", "REFUSE"), Row(3, "c", NOTE)])
    assert [r.note_id for r in results] == ["c"]
    assert bad == [
        {"row": 1, "note_id": "a", "reason": "KeyError"},
        {"row": 2, "note_id": "b", "reason": "note is longer than the policy allows; split it"},
    ]


def test_rows_are_read_one_at_a_time() -> None:
    kept = Kept()
    ahead = []

    def rows() -> Iterator[Row]:
        for i in range(5):
            ahead.append(i - len(kept.results))
            yield Row(i, str(i), "x")

    run_batch(rows(), FakeEngine(), kept, lambda entry: None)
    assert ahead == [0] * 5


def test_progress_is_told_after_every_row() -> None:
    told: list[tuple[int, int]] = []
    rows = [Row(1, "a", "x"), Row(2, "a", "x"), Row(3, "b", "x")]
    run_batch(rows, FakeEngine(), Kept(), lambda entry: None, lambda coded, bad: told.append((coded, bad)))
    assert told == [(1, 0), (1, 1), (2, 1)]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([NOTE, "x", "BREAK", "REFUSE"]))))
def test_every_row_ends_in_exactly_one_place(values: list[tuple[str | None, str]]) -> None:
    rows = [Row(i, name, text, None if name else "no id") for i, (name, text) in enumerate(values)]
    results, bad, summary = run(rows)
    assert len(results) + len(bad) == len(rows) == summary.coded + summary.quarantined
    assert len({r.note_id for r in results}) == len(results)
    assert [b["row"] for b in bad] == sorted(b["row"] for b in bad)
