"""Worker processes: what one note does to its worker costs no other note."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOTE, FakeEngine, RoughEngine, no_model
from venocode.batch import Coder, run_batch
from venocode.batch import pool as pools
from venocode.batch.pool import Pool
from venocode.batch.rows import CHUNK_CHARACTERS, CHUNK_ROWS, Ledger, chunks, sample
from venocode.batch.wire import Coded, Report, pack_report, unpack_report
from venocode.errors import ModelError
from venocode.readers import Row
from venocode.writers.jsonl import to_line


def rows_of(*texts: str) -> list[Row]:
    return [Row(i, f"n{i}", text) for i, text in enumerate(texts, start=1)]


def run(
    rows: list[Row], factory: Callable[[], Coder] = RoughEngine, workers: int = 2, **options: Any
) -> tuple[list[bytes | str], Pool]:
    """The line or the reason of every row, and the pool after the run."""
    pool = Pool(factory, workers, **options)
    try:
        pool.start()
        out = [x.line if isinstance(x, Coded) else x for _, found in pool.run(chunks(rows, Ledger())) for x in found]
    finally:
        pool.close()
    return out, pool


def inline(rows: list[Row]) -> list[bytes | str]:
    """The same, in this process."""
    found: list[bytes | str] = []

    class Kept:
        def write(self, result: Any, row: Row) -> None:
            found.append(to_line(result.to_dict()))

    run_batch(rows, FakeEngine(), Kept(), lambda entry: found.append(entry["reason"]))
    return found


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venocode.batch.rows.CHUNK_CHARACTERS", 200)


@pytest.mark.usefixtures("small_chunks")
class TestOrder:
    @pytest.mark.parametrize("workers", [1, 2, 3])
    def test_workers_give_what_one_process_gives(self, workers: int) -> None:
        texts = [NOTE * (i % 5 + 1) for i in range(60)] + ["BREAK secret", "REFUSE", "nothing", "café \ud7ff"]
        rows = [*rows_of(*texts), Row(90, "n1", NOTE), Row(91, None, problem="line is not valid JSON")]
        assert run(rows, workers=workers)[0] == inline(rows)

    def test_spawned_workers_too(self) -> None:
        rows = rows_of(NOTE, "nothing", "BREAK", NOTE)
        assert run(rows, start_method="spawn")[0] == inline(rows)

    def test_records_larger_than_a_report(self) -> None:
        rows = rows_of(*["left common iliac vein " * 20_000] * 3)
        assert run(rows, workers=1)[0] == inline(rows)

    def test_only_a_window_is_read_ahead(self) -> None:
        read = 0

        def rows() -> Iterator[Row]:
            nonlocal read
            for read in range(1, 2001):
                yield Row(read, str(read), NOTE)

        pool = Pool(RoughEngine, 2)
        pool.start()
        ahead, written = 0, 0
        for _, found in pool.run(chunks(rows(), Ledger())):
            ahead = max(ahead, read - written)
            written += len(found)
        pool.close()
        assert written == 2000
        assert ahead <= (pools.WINDOW * 2 + 1) * 3


@pytest.mark.usefixtures("small_chunks")
class TestBadNotes:
    def test_a_note_that_kills_its_worker_goes_aside_alone(self) -> None:
        rows = rows_of("a", "b", "SEGFAULT secret", "d", NOTE, "SEGFAULT secret", "g")
        found, pool = run(rows)
        assert [found[2], found[5]] == ["the worker that read it died (SIGSEGV)"] * 2
        rest = [r for r in rows if "SEGFAULT" not in r.text]
        assert [x for x in found if isinstance(x, bytes)] == inline(rest)
        assert pool.replaced == 2 * pools.DEATHS

    def test_a_worker_that_is_killed_by_others_costs_no_note(self, tmp_path: Path) -> None:
        rows = rows_of("a", f"ONCE {tmp_path / 'x'}", "c", f"ONCE {tmp_path / 'y'}")
        found, pool = run(rows, workers=1)
        assert found == inline(rows)
        assert pool.replaced == 2

    def test_a_note_that_runs_away_is_stopped(self) -> None:
        rows = rows_of("a", NOTE, "ENDLESS secret", "d", NOTE)
        found, pool = run(rows, timeout=0.4)
        assert found[2] == "took longer than 0.4 seconds"
        assert [x for i, x in enumerate(found) if i != 2] == inline([r for i, r in enumerate(rows) if i != 2])
        assert pool.replaced == 1

    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process cannot be read here")
    def test_a_worker_that_has_grown_is_replaced(self) -> None:
        rows = rows_of(*["GROW" + " " * 200] * 12)
        found, pool = run(rows, workers=1, growth=10_000_000)
        assert found == inline(rows)
        assert 1 <= pool.replaced <= 12


def no_worker(parent: int) -> Coder:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return RoughEngine()


class TestStart:
    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_an_engine_that_cannot_be_built_is_told(self, method: pools.StartMethod) -> None:
        with pytest.raises(ModelError, match="model file m is missing"):
            run(rows_of("a"), no_model, start_method=method)

    def test_workers_that_never_start_end_the_run(self) -> None:
        with pytest.raises(RuntimeError, match=r"die before they read a note \(SIGKILL\)"):
            run(rows_of("a"), partial(no_worker, os.getpid()))

    def test_the_engine_says_what_it_is(self) -> None:
        pool = Pool(RoughEngine)
        assert pool.start() == RoughEngine.identity
        pool.close()


class TestRows:
    @given(st.lists(st.integers(0, 30_000), max_size=60))
    def test_chunks_hold_every_row_once_and_are_balanced(self, sizes: list[int]) -> None:
        rows = [Row(i, str(i), "x" * size) for i, size in enumerate(sizes)]
        ledger = Ledger()
        cut = list(chunks(rows, ledger))
        assert [t.number for c in cut for t in c.rows] == [r.number for r in rows]
        assert [c.first for c in cut] == [sum(len(d.rows) for d in cut[:i]) for i in range(len(cut))]
        for chunk in cut[:-1]:
            size = sum(len(t.text) for t in chunk.rows)
            assert CHUNK_CHARACTERS <= size < CHUNK_CHARACTERS + 30_001 or len(chunk.rows) == CHUNK_ROWS
        assert not cut or cut[-1].digest == ledger.digest

    def test_the_digest_tells_every_change(self) -> None:
        def digest(*rows: Row) -> str:
            ledger = Ledger()
            for row in rows:
                ledger.enter(row)
            return ledger.digest

        a, b = Row(1, "a", "x"), Row(2, "b", "y")
        variants = [(a, b), (b, a), (a,), (a, Row(2, "b", "z")), (a, Row(2, "c", "y")), (a, Row(2, "b", "", "bad"))]
        assert len({digest(*rows) for rows in variants}) == len(variants)

    @given(st.integers(0, 50), st.integers(1, 20), st.integers())
    def test_a_sample_keeps_the_order_and_repeats_itself(self, total: int, size: int, seed: int) -> None:
        rows = [Row(i, str(i), "x") for i in range(total)]
        drawn = [r.number for r in sample(rows, size, seed)]
        assert drawn == sorted(set(drawn))
        assert len(drawn) == min(size, total)
        assert drawn == [r.number for r in sample(iter(rows), size, seed)]

    def test_a_sample_is_fair(self) -> None:
        rows = [Row(i, str(i), "x") for i in range(10)]
        hits = [0] * 10
        for seed in range(2000):
            for row in sample(rows, 3, seed):
                hits[row.number] += 1
        assert all(500 <= n <= 700 for n in hits)


@given(st.lists(st.one_of(st.text(), st.binary(max_size=50))), st.booleans(), st.integers(0, 2**50))
def test_a_report_comes_out_as_it_went_in(items: list[str | bytes], idle: bool, memory: int) -> None:
    outcomes = tuple(x if isinstance(x, str) else Coded(x, "auto", {"37248": len(x)}) for x in items)
    report = Report(outcomes, idle, memory, {"rules": "r"}, ("ModelError", "m"))
    assert unpack_report(pack_report(report)) == report
