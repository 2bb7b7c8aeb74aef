"""Runs that are broken off: every note stands exactly once in the output, and what cannot go on says why."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fakes import NOTE, FakeEngine
from venocode.records import NoteResult

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpora" / "notes"


def notes(path: Path, count: int, poison: int = 0) -> list[str]:
    """Write notes; every ``poison``-th cannot be coded. Gives back the ids of the others."""
    good = []
    with path.open("w", encoding="utf-8") as stream:
        for i in range(count):
            bad = poison and i % poison == poison - 1
            stream.write(json.dumps({"note_id": f"n{i}", "text": "BREAK" if bad else f"{NOTE} {i}"}) + "\n")
            if not bad:
                good.append(f"n{i}")
    return good


def command(*args: str) -> list[str]:
    return [sys.executable, str(HERE / "rough_batch.py"), "batch", *args]


def call(cwd: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*args), cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=120
    )


def start(cwd: Path, *args: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*args), cwd=cwd, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def ids(path: Path) -> list[str]:
    return [json.loads(line)["note_id"] for line in path.read_text(encoding="utf-8").splitlines()]


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def wait_for_parts(folder: Path, count: int = 1) -> None:
    until = time.monotonic() + 60
    while len(list(folder.glob("part-*.jsonl"))) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A directory with a run that was killed after its first parts."""
    notes(tmp_path / "n.jsonl", 600)
    process = start(tmp_path, "n.jsonl", "-o", "out.jsonl", PAUSE="0.002")
    wait_for_parts(tmp_path / "out.jsonl.run", 2)
    process.kill()
    process.communicate()
    assert not (tmp_path / "out.jsonl").exists()
    return tmp_path


class TestKilled:
    def test_at_random_moments_and_resumed(self, tmp_path: Path) -> None:
        chance = random.Random(5)
        good = notes(tmp_path / "n.jsonl", 900, poison=100)
        whole = call(tmp_path, "n.jsonl", "-o", "whole.jsonl")
        assert whole.returncode == 3
        args = ("n.jsonl", "-o", "out.jsonl", "--workers", "2", "--resume")
        kills = 0
        while True:
            process = start(tmp_path, *args, PAUSE="0.002")
            try:
                process.wait(chance.uniform(0.3, 1.2))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            finally:
                process.communicate()
        assert process.returncode == 3
        assert kills > 0
        assert ids(tmp_path / "out.jsonl") == good
        for name in ("jsonl", "jsonl.quarantine.jsonl"):
            assert (tmp_path / f"out.{name}").read_bytes() == (tmp_path / f"whole.{name}").read_bytes()
        assert not (tmp_path / "out.jsonl.run").exists()

    def test_workers_do_not_outlive_their_parent(self, tmp_path: Path) -> None:
        (tmp_path / "n.jsonl").write_text(json.dumps({"note_id": "a", "text": "ENDLESS"}) + "\n")
        process = start(tmp_path, "n.jsonl", "-o", "out.jsonl", "--workers", "3")
        while len(workers := children(process.pid)) < 3:
            time.sleep(0.02)
        time.sleep(0.3)
        process.kill()
        process.communicate()
        until = time.monotonic() + 5
        while any(Path(f"/proc/{w}").exists() and _running(w) for w in workers):
            assert time.monotonic() < until
            time.sleep(0.02)

    def test_workers_at_random_moments(self, tmp_path: Path) -> None:
        chance = random.Random(7)
        good = notes(tmp_path / "n.jsonl", 900)
        process = start(tmp_path, "n.jsonl", "-o", "out.jsonl", "--workers", "2", PAUSE="0.002")
        kills = 0
        while process.poll() is None:
            time.sleep(chance.uniform(0.05, 0.2))
            for worker in children(process.pid)[:1] if process.poll() is None else ():
                os.kill(worker, signal.SIGKILL)
                kills += 1
        assert kills > 0
        process.communicate()
        assert process.returncode == 0
        assert ids(tmp_path / "out.jsonl") == good

    def test_interrupted(self, tmp_path: Path) -> None:
        good = notes(tmp_path / "n.jsonl", 900)
        process = start(tmp_path, "n.jsonl", "-o", "out.jsonl", "--workers", "2", PAUSE="0.002")
        wait_for_parts(tmp_path / "out.jsonl.run")
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C: the workers get it too
        said = process.communicate()[1]
        assert process.returncode == 130
        assert "rows are kept in out.jsonl.run; the same command with --resume goes on" in said
        again = call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume")
        assert again.returncode == 0
        assert "going on after" in again.stderr
        assert ids(tmp_path / "out.jsonl") == good


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False


class TestResume:
    def test_without_resume_a_run_starts_over(self, broken: Path) -> None:
        done = call(broken, "n.jsonl", "-o", "out.jsonl")
        assert done.returncode == 0
        assert "an unfinished run is given up and started over" in done.stderr
        assert len(ids(broken / "out.jsonl")) == 600

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            (["--limit", "500"], "the option --limit changed"),
            (["--sample", "5", "--seed", "3"], "the option --sample and the option --seed changed"),
            (["--encoding", "latin-1"], "the option --encoding changed"),
        ],
    )
    def test_refused_when_an_option_changed(self, broken: Path, more: list[str], told: str) -> None:
        refused = call(broken, "n.jsonl", "-o", "out.jsonl", "--resume", *more)
        assert refused.returncode == 2
        assert told in refused.stderr
        assert call(broken, "n.jsonl", "-o", "out.jsonl", "--resume").returncode == 0

    @pytest.mark.parametrize("name", ["version", "rules", "model", "policy"])
    def test_refused_when_the_engine_changed(self, broken: Path, name: str) -> None:
        path = broken / "out.jsonl.run" / "manifest.json"
        content = json.loads(path.read_text())
        content["key"][name] = "another"
        path.write_text(json.dumps(content))
        refused = call(broken, "n.jsonl", "-o", "out.jsonl", "--resume")
        assert refused.returncode == 2
        assert f"cannot resume, for the {name} changed" in refused.stderr

    def test_refused_when_the_input_changed(self, broken: Path) -> None:
        with (broken / "n.jsonl").open("a") as stream:
            stream.write(json.dumps({"note_id": "late", "text": "x"}))
        refused = call(broken, "n.jsonl", "-o", "out.jsonl", "--resume")
        assert refused.returncode == 2
        assert "cannot resume, for the input changed" in refused.stderr

    def test_refused_when_the_rows_of_a_stream_changed(self, broken: Path) -> None:
        path = broken / "out.jsonl.run" / "manifest.json"
        content = json.loads(path.read_text())
        content["key"]["input"] = {"kind": "stream"}
        path.write_text(json.dumps(content))
        text = (broken / "n.jsonl").read_text().replace("iliac", "renal", 1)
        args = command("-", "-o", "out.jsonl", "--resume")
        refused = subprocess.run(args, cwd=broken, input=text, capture_output=True, text=True)
        assert refused.returncode == 2
        assert "the rows of the input changed" in refused.stderr

    def test_a_damaged_part_is_coded_again(self, broken: Path) -> None:
        parts = sorted((broken / "out.jsonl.run").glob("part-*.jsonl"))
        parts[1].write_bytes(parts[1].read_bytes()[:-40])
        assert call(broken, "n.jsonl", "-o", "out.jsonl", "--resume").returncode == 0
        assert ids(broken / "out.jsonl") == [f"n{i}" for i in range(600)]

    def test_a_complete_run_is_not_run_again(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 20, poison=10)
        assert call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume").returncode == 3
        before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
        again = call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume")
        assert again.returncode == 3
        assert "complete already" in again.stderr
        assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == before

    def test_what_a_killed_run_left_half_written_goes(self, broken: Path) -> None:
        for name in (".out.jsonl.77.partial", ".out.jsonl.manifest.json.77.partial", "out.jsonl.run/part-x.partial"):
            (broken / name).write_text("half")
        assert call(broken, "n.jsonl", "-o", "out.jsonl", "--resume").returncode == 0
        assert sorted(p.name for p in broken.iterdir()) == ["n.jsonl", "out.jsonl", "out.jsonl.manifest.json"]

    def test_a_run_killed_while_its_folder_goes_is_complete(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 20)
        assert call(tmp_path, "n.jsonl", "-o", "out.jsonl").returncode == 0
        (tmp_path / "out.jsonl.run").mkdir()
        (tmp_path / "out.jsonl.run" / "part-00000003.jsonl").write_text("{}")
        assert "complete already" in call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume").stderr
        assert not (tmp_path / "out.jsonl.run").exists()

    def test_two_runs_do_not_write_one_output(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 600)
        first = start(tmp_path, "n.jsonl", "-o", "out.jsonl", PAUSE="0.005")
        wait_for_parts(tmp_path / "out.jsonl.run")
        second = call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume")
        assert second.returncode == 2
        assert "another run is writing it" in second.stderr
        first.communicate()
        assert first.returncode == 0
        assert len(ids(tmp_path / "out.jsonl")) == 600

    def test_a_stream_cannot_be_resumed(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 2)
        refused = call(tmp_path, "n.jsonl", "-o", "-", "--resume")
        assert refused.returncode == 2
        assert "a stream cannot be resumed" in refused.stderr

    def test_a_table_has_the_same_bytes(self, broken: Path) -> None:
        assert call(broken, "n.jsonl", "-o", "a.csv").returncode == 0
        process = start(broken, "n.jsonl", "-o", "b.csv", PAUSE="0.002")
        wait_for_parts(broken / "b.csv.run")
        process.kill()
        process.communicate()
        assert call(broken, "n.jsonl", "-o", "b.csv", "--resume", "--workers", "2").returncode == 0
        assert (broken / "a.csv").read_bytes() == (broken / "b.csv").read_bytes()


class TestPlace:
    def test_a_full_disk_loses_nothing(self, tmp_path: Path) -> None:
        good = notes(tmp_path / "n.jsonl", 600)

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        args = command("n.jsonl", "-o", "out.jsonl")
        full = subprocess.run(args, cwd=tmp_path, preexec_fn=small, capture_output=True, text=True)
        assert full.returncode == 1
        assert "file too large" in full.stderr
        assert "Traceback" not in full.stderr
        assert not (tmp_path / "out.jsonl").exists()
        assert call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--resume").returncode == 0
        assert ids(tmp_path / "out.jsonl") == good
        assert not [p for p in tmp_path.iterdir() if "partial" in p.name]

    def test_a_read_only_place(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 2)
        refused = call(tmp_path, "n.jsonl", "-o", "/proc/out.jsonl")
        assert refused.returncode == 2
        assert "/proc/out.jsonl: cannot write here" in refused.stderr

    def test_the_manifest_tells_the_run_and_no_note(self, tmp_path: Path) -> None:
        notes(tmp_path / "n.jsonl", 300, poison=3)
        assert call(tmp_path, "n.jsonl", "-o", "out.jsonl", "--workers", "2").returncode == 3
        text = (tmp_path / "out.jsonl.manifest.json").read_text()
        told = json.loads(text)
        assert (told["coded"], told["quarantined"], told["reasons"]) == (200, 100, {"KeyError": 100})
        assert told["output"]["bytes"] == (tmp_path / "out.jsonl").stat().st_size
        assert told["key"]["input"]["bytes"] == (tmp_path / "n.jsonl").stat().st_size
        assert told["seconds"] > 0
        assert "iliac" not in text

    def test_a_sample_keeps_the_order(self, tmp_path: Path) -> None:
        good = notes(tmp_path / "n.jsonl", 300)
        args = ("n.jsonl", "--sample", "20", "--seed", "4")
        assert call(tmp_path, *args, "-o", "a.jsonl").returncode == 0
        assert call(tmp_path, *args, "-o", "b.jsonl", "--workers", "2").returncode == 0
        assert ids(tmp_path / "a.jsonl") == ids(tmp_path / "b.jsonl")
        assert [n for n in good if n in ids(tmp_path / "a.jsonl")] == ids(tmp_path / "a.jsonl")
        assert len(ids(tmp_path / "a.jsonl")) == 20


def test_a_record_read_back_is_the_same() -> None:
    record = FakeEngine().code(NOTE, "a").to_dict()
    assert NoteResult.from_dict(json.loads(json.dumps(record))).to_dict() == record


@pytest.mark.slow
class TestRealEngine:
    """The same with the engine itself."""

    @pytest.fixture(scope="class")
    @staticmethod
    def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
        from venocode.corpus import read_notes

        place = tmp_path_factory.mktemp("real") / "n.jsonl"
        found: list[dict[str, Any]] = [
            {"note_id": n.note_id, "text": n.text} for p in sorted(CORPUS.glob("*.notes")) for n in read_notes(p)
        ]
        place.write_text("".join(json.dumps(n) + "\n" for n in found), encoding="utf-8")
        return place

    @staticmethod
    def venocode(*args: str) -> list[str]:
        return [sys.executable, "-m", "venocode", "batch", *args]

    @pytest.fixture(scope="class")
    @staticmethod
    def whole(texts: Path) -> bytes:
        out = texts.with_name("whole.jsonl")
        subprocess.run(TestRealEngine.venocode(str(texts), "-o", str(out)), check=True, capture_output=True)
        return out.read_bytes()

    def test_killed_and_resumed(self, texts: Path, whole: bytes) -> None:
        script = "from venocode.batch import folder; folder.PART_BYTES = 50_000; from venocode.cli import main; main()"
        out = texts.with_name("out.jsonl")
        args = [sys.executable, "-c", script, "batch", str(texts), "-o", str(out)]
        process = subprocess.Popen(args, stderr=subprocess.PIPE)
        wait_for_parts(out.with_name("out.jsonl.run"), 2)
        process.kill()
        process.communicate()
        again = [*self.venocode(str(texts), "-o", str(out)), "--resume", "--workers", "2"]
        done = subprocess.run(again, capture_output=True, text=True, check=True)
        assert "going on after" in done.stderr
        assert out.read_bytes() == whole

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_recycled_workers_give_the_same(self, texts: Path, whole: bytes, method: str) -> None:
        out = texts.with_name(f"{method}.jsonl")
        limits = ["--workers", "2", "--worker-memory", "1", "--start-method", method, "--limit", "60"]
        subprocess.run([*self.venocode(str(texts), "-o", str(out)), *limits], check=True, capture_output=True)
        assert out.read_bytes().splitlines() == whole.splitlines()[:60]
        assert json.loads(out.with_name(f"{method}.jsonl.manifest.json").read_text())["workers"]["replaced"] > 0
