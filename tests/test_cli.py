"""The commands, run as a person runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes import NOTE, FakeEngine
from venocode import __version__
from venocode.cli import app, common
from venocode.cli.progress import lines
from venocode.readers import KINDS, Source
from venocode.readers.columns import OPTIONS
from venocode.writers import FORMATS

HEAVY = ("spacy", "medspacy", "sklearn", "numpy", "pandas", "rich", "yaml")


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeEngine:
    """No language library: what is tried here is the command line."""
    fake = FakeEngine()
    monkeypatch.setattr("venocode.cli.code.engine_for", lambda policy, model: fake)
    monkeypatch.setattr("venocode.cli.batch.engine_for", lambda policy, model: fake)
    monkeypatch.chdir(tmp_path)
    return fake


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(args), input=stdin)


def jsonl(path: Path, *notes: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(n) + "\n" for n in notes), encoding="utf-8")
    return str(path)


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def told_in_one_line(result: Result) -> str:
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("venocode: ")
    return line


@pytest.fixture
def note(tmp_path: Path) -> str:
    path = tmp_path / "op-17.txt"
    path.write_text(NOTE, encoding="utf-8")
    return str(path)


class TestTop:
    def test_version(self) -> None:
        assert run("--version").stdout == f"venocode {__version__}\n"

    @pytest.mark.parametrize("args", [["--help"], ["code", "--help"], ["batch", "-h"], ["train", "--help"]])
    def test_help_tells_the_exit_codes(self, args: list[str]) -> None:
        result = run(*args)
        assert result.exit_code == 0
        assert "3 the run is complete but some rows went to quarantine" in " ".join(result.stdout.split())

    @pytest.mark.parametrize(
        "args",
        [
            ["--help"],
            ["code", "--help"],
            ["batch", "--help"],
            ["corpus", "--help"],
            ["corpus", "convert", "-h"],
            ["--version"],
        ],
    )
    def test_help_imports_nothing_heavy(self, args: list[str]) -> None:
        script = (
            "import sys; from venocode.cli import app\n"
            f"try: app({args!r})\n"
            "except SystemExit: pass\n"
            f"print('heavy:', [m for m in {HEAVY!r} if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.endswith("heavy: []\n")

    def test_wrong_usage_leaves_with_2(self) -> None:
        assert run("code").exit_code == 2
        assert run("batch", "x.jsonl").exit_code == 2
        assert run("batch", "x.jsonl", "-o", "y", "--limit", "0").exit_code == 2
        assert run("nonsense").exit_code == 2

    def test_the_module_runs(self) -> None:
        command = [sys.executable, "-m", "venocode", "--version"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("venocode ")

    def test_missing_policy_and_model_are_told_before_anything_is_loaded(self, tmp_path: Path) -> None:
        with pytest.raises(common.PolicyError, match=r"no such policy file; check --policy"):
            common.engine_for(tmp_path / "none.yaml", None)
        with pytest.raises(common.ModelError, match=r"no such model directory; check --model"):
            common.engine_for(None, tmp_path / "none")

    def test_train_names_a_missing_corpus(self) -> None:
        assert "no such directory of gold notes" in told_in_one_line(run("train", "none", "-o", "out"))


class TestCode:
    def test_readable(self, note: str) -> None:
        result = run("code", note)
        assert result.exit_code == 0
        assert "Note op-17" in result.stdout
        assert "37248 x 1  left common iliac vein" in result.stdout
        assert '"left common iliac vein"  technique, ANG-001' in result.stdout
        assert result.stderr == ""

    def test_json_is_the_record(self, note: str) -> None:
        record = json.loads(run("code", note, "--json", "--note-id", "x9").stdout)
        assert record == FakeEngine().code(NOTE, note_id="x9").to_dict()

    def test_standard_input_exactly_as_received(self, engine: FakeEngine) -> None:
        result = run("code", "-", "--json", stdin=b"a\r\nleft common iliac vein\x0c\xc3\xa9")
        assert json.loads(result.stdout)["note_id"] == "note"
        assert engine.texts == ["a\r\nleft common iliac vein\x0cé"]

    def test_page(self, note: str, tmp_path: Path) -> None:
        result = run("code", note, "--html", str(tmp_path / "page.html"))
        assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        assert "page written to" in result.stderr
        assert "37248 x 1" in result.stdout

    @pytest.mark.parametrize("out", ["-", "/dev/stdout"])
    def test_page_on_standard_output(self, note: str, out: str) -> None:
        result = run("code", note, "--html", out)
        assert result.stdout.startswith("<!DOCTYPE html>")
        assert result.stdout.rstrip().endswith("</html>")
        assert "page written to standard output" in result.stderr

    def test_page_and_json_do_not_share_standard_output(self, note: str) -> None:
        assert "give --html a file" in told_in_one_line(run("code", note, "--html", "-", "--json"))

    def test_page_in_a_missing_directory(self, note: str, tmp_path: Path) -> None:
        assert "create it first" in told_in_one_line(run("code", note, "--html", str(tmp_path / "no" / "p.html")))

    @pytest.mark.parametrize(
        ("data", "wanted"),
        [
            (b"", "is empty"),
            (b" \n \t", "holds nothing but white space"),
            (b"\x00\x01\x02", "binary"),
            (b"caf\xe9", "--encoding"),
        ],
    )
    def test_what_is_no_note(self, tmp_path: Path, data: bytes, wanted: str) -> None:
        path = tmp_path / "bad.txt"
        path.write_bytes(data)
        line = told_in_one_line(run("code", str(path)))
        assert "bad.txt" in line
        assert wanted in line
        assert "standard input" in told_in_one_line(run("code", "-", stdin=data))

    def test_missing_note(self) -> None:
        assert told_in_one_line(run("code", "none.txt")) == (
            "venocode: none.txt: no such file or directory; check the path of the note"
        )

    def test_another_encoding(self, tmp_path: Path, engine: FakeEngine) -> None:
        (tmp_path / "n.txt").write_bytes(b"caf\xe9")
        assert run("code", "n.txt", "--encoding", "latin-1").exit_code == 0
        assert engine.texts == ["café"]

    def test_five_megabytes(self, tmp_path: Path, engine: FakeEngine) -> None:
        (tmp_path / "n.txt").write_text("left common iliac vein. " * 220_000)
        result = run("code", "n.txt", "--html", "page.html")
        assert result.exit_code == 0
        assert len(engine.texts[0]) == 5_280_000

    def test_an_unexpected_failure_shows_no_note(self, tmp_path: Path) -> None:
        (tmp_path / "n.txt").write_text("BREAK secret")
        result = run("code", "n.txt")
        assert result.exit_code == 1
        assert "unexpected KeyError in fakes.py" in result.stderr
        assert "secret" not in result.stderr + result.stdout
        assert "Traceback" not in result.stderr


class TestBatch:
    def test_same_order_and_summary(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "z", "text": NOTE}, {"note_id": "a", "text": "none"})
        result = run("batch", path, "-o", "out.jsonl")
        assert result.exit_code == 0
        assert [r["note_id"] for r in records(tmp_path / "out.jsonl")] == ["z", "a"]
        assert result.stdout == ""
        assert "2 notes coded" in result.stderr
        assert "37248 x 1, 37249 x 0; lanes: auto 1, review 1, query 0" in result.stderr
        assert sorted(p.name for p in tmp_path.iterdir()) == ["n.jsonl", "out.jsonl"]

    @pytest.mark.parametrize("out", ["-", "/dev/stdout"])
    def test_standard_output_holds_records_only(self, tmp_path: Path, out: str) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "z", "text": NOTE}, {"note_id": "", "text": NOTE})
        result = run("batch", path, "-o", out)
        assert [json.loads(line)["note_id"] for line in result.stdout.splitlines()] == ["z"]
        assert "1 note coded" in result.stderr
        assert records(tmp_path / "venocode.quarantine.jsonl")[0]["row"] == 2

    def test_quarantine(self, tmp_path: Path) -> None:
        (tmp_path / "n.jsonl").write_bytes(
            b'{"note_id": "a", "text": "x"}\n'
            b'{"note_id": "b", "text": secret}\n'
            b'{"note_id": "a", "text": "secret"}\n'
            b'{"note_id": "c", "text": "BREAK secret"}\n'
            b'{"note_id": "d", "text": "caf\xe9"}\n'
            b'{"note_id": "e", "text": "y"}\n'
        )
        result = run("batch", "n.jsonl", "-o", "out.jsonl")
        assert result.exit_code == 3
        assert "4 quarantined, each with its reason in out.jsonl.quarantine.jsonl" in result.stderr
        assert [r["note_id"] for r in records(tmp_path / "out.jsonl")] == ["a", "e"]
        aside = tmp_path / "out.jsonl.quarantine.jsonl"
        assert [(r["row"], r["note_id"]) for r in records(aside)] == [(2, None), (3, "a"), (4, "c"), (5, None)]
        assert "secret" not in aside.read_text() + result.stderr

    def test_the_quarantine_of_an_earlier_run_does_not_stay(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": ""})
        assert run("batch", path, "-o", "out.jsonl").exit_code == 3
        assert (tmp_path / "out.jsonl.quarantine.jsonl").exists()
        jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": "x"})
        assert run("batch", path, "-o", "out.jsonl").exit_code == 0
        assert not (tmp_path / "out.jsonl.quarantine.jsonl").exists()

    def test_a_clean_run_leaves_a_named_file_alone(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": "x"})
        (tmp_path / "thesis.txt").write_text("years of work")
        assert run("batch", path, "-o", "out.jsonl", "--quarantine", "thesis.txt").exit_code == 0
        assert (tmp_path / "thesis.txt").read_text() == "years of work"

    def test_csv_in_csv_out(self, tmp_path: Path) -> None:
        with (tmp_path / "n.csv").open("w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([["mrn", "body"], ["=1+1", NOTE]])
        result = run("batch", "n.csv", "-o", "out.csv", "--id-column", "mrn", "--text-column", "body")
        assert result.exit_code == 0
        _, row = csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))
        assert row[:4] == ["'=1+1", "1", "0", "review"]

    def test_csv_without_the_text_column(self, tmp_path: Path) -> None:
        (tmp_path / "n.csv").write_text("note_id,body\na,x\n")
        line = told_in_one_line(run("batch", "n.csv", "-o", "out.jsonl"))
        assert line.endswith(
            "no column 'text' or 'note_text'; the columns are 'note_id', 'body'; name the right one with --text-column"
        )
        assert not (tmp_path / "out.jsonl").exists()

    def test_formats_named_by_options(self, tmp_path: Path) -> None:
        (tmp_path / "feed.txt").write_text(
            f"MSH|^~\\&|||||||MDM^T02|M1\rTXA|1|||||||||||d1\rOBX|1|TX|||{NOTE.strip()}\r"
        )
        result = run("batch", "feed.txt", "--from", "hl7", "-o", "out", "--to", "csv-codes")
        assert result.exit_code == 0
        assert (tmp_path / "out").read_text().splitlines()[1] == "d1,37248,1,left common iliac vein,review,0.9100"

    def test_database_to_database(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "base.db") as base:
            base.execute("CREATE TABLE note (note_id, note_text)")
            base.executemany("INSERT INTO note VALUES (?, ?)", [("a", NOTE), ("b", "")])
        url = "sqlite:///base.db"
        assert (
            run("batch", url, "--query", "SELECT * FROM note", "-o", "sqlite:///out.db", "--table", "r").exit_code == 3
        )
        assert sqlite3.connect(tmp_path / "out.db").execute("SELECT note_id, units_37248 FROM r").fetchall() == [
            ("a", 1)
        ]
        assert records(tmp_path / "venocode.quarantine.jsonl")[0]["note_id"] == "b"

    def test_context_reaches_the_writer(self, tmp_path: Path) -> None:
        (tmp_path / "n.csv").write_text(f'note_id,text,mrn,day\n1,"{NOTE}",77,2024-05-06\n')
        columns = ("--person-column", "mrn", "--date-column", "day")
        result = run("batch", "n.csv", *columns, "-o", "p.csv", "--to", "omop-procedure-occurrence")
        assert result.exit_code == 0
        assert (tmp_path / "p.csv").read_text().splitlines()[1].startswith("1,77,0,2024-05-06,")

    def test_directory_out_has_its_quarantine_beside_it(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": NOTE}, {"note_id": "b", "text": ""})
        assert run("batch", path, "-o", "pages/", "--to", "html").exit_code == 3
        assert sorted(p.name for p in tmp_path.iterdir()) == ["n.jsonl", "pages", "pages.quarantine.jsonl"]

    def test_directory_of_text_files(self, tmp_path: Path) -> None:
        (tmp_path / "notes" / "ward").mkdir(parents=True)
        (tmp_path / "notes" / "ward" / "one.txt").write_text(NOTE)
        assert run("batch", "notes", "-o", "out.jsonl").exit_code == 0
        assert [r["note_id"] for r in records(tmp_path / "out.jsonl")] == ["ward/one"]

    def test_standard_input(self, tmp_path: Path) -> None:
        result = run("batch", "-", "-o", "-", "--format", "csv", stdin=json.dumps({"note_id": "a", "text": NOTE}))
        assert result.stdout.splitlines()[1].startswith("a,1,0,review")

    def test_limit(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", *({"note_id": str(i), "text": "x"} for i in range(5)))
        run("batch", path, "-o", "out.jsonl", "--limit", "2")
        assert [r["note_id"] for r in records(tmp_path / "out.jsonl")] == ["0", "1"]

    def test_an_empty_input_is_an_empty_output(self, tmp_path: Path) -> None:
        (tmp_path / "n.jsonl").write_text("")
        assert run("batch", "n.jsonl", "-o", "out.jsonl").exit_code == 0
        assert (tmp_path / "out.jsonl").read_text() == ""

    @pytest.mark.parametrize(
        ("args", "wanted"),
        [
            (["none.jsonl", "-o", "out.jsonl"], "none.jsonl: no such file"),
            (["n.jsonl", "-o", "no/out.jsonl"], "no/out.jsonl: the directory does not exist; create it first"),
            (["n.jsonl", "-o", "."], "is a directory"),
            (["n.jsonl", "-o", "n.jsonl"], "is both INPUT and OUT"),
            (["n.jsonl", "-o", "o.jsonl", "--quarantine", "o.jsonl"], "is both OUT and the quarantine"),
            (["n.jsonl", "-o", "site.yaml", "--policy", "site.yaml"], "is both OUT and the policy"),
            (["n.jsonl", "-o", "o", "--quarantine", "s", "--policy", "s"], "is both the quarantine and the policy"),
            (["n.jsonl", "-o", "out.jsonl", "--encoding", "klingon"], "encoding 'klingon' is not known"),
            (["note.txt", "-o", "out.jsonl"], "venocode code"),
        ],
    )
    def test_wrong_paths_are_told_in_one_line(self, tmp_path: Path, args: list[str], wanted: str) -> None:
        jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": "x"})
        (tmp_path / "note.txt").write_text("x")
        assert wanted in told_in_one_line(run("batch", *args))
        assert records(tmp_path / "n.jsonl") == [{"note_id": "a", "text": "x"}]

    def test_an_interrupted_run_leaves_the_old_output(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": ""}, {"note_id": "b", "text": "STOP"})
        (tmp_path / "out.jsonl").write_text("old")
        result = run("batch", path, "-o", "out.jsonl")
        assert result.exit_code == 130
        assert "put in its place only when it is complete" in result.stderr
        assert (tmp_path / "out.jsonl").read_text() == "old"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["n.jsonl", "out.jsonl"]

    def test_a_read_only_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = jsonl(tmp_path / "n.jsonl", {"note_id": "a", "text": "x"})

        def refuse(self: Path, *args: object, **options: object) -> None:
            raise PermissionError(13, "Permission denied", str(self))

        plain_open = Path.open
        monkeypatch.setattr(Path, "open", lambda p, m="r", **o: plain_open(p, m, **o) if m == "rb" else refuse(p))
        line = told_in_one_line(run("batch", path, "-o", "out.jsonl"))
        assert "out.jsonl: cannot write here (permission denied); name another place" in line


def test_the_documentation_names_every_format_and_column_option() -> None:
    words = (Path(__file__).parent.parent / "docs" / "readers-writers.md").read_text(encoding="utf-8")
    assert not [name for name in (*KINDS, *FORMATS, *OPTIONS.values()) if f"`{name}`" not in words]
    assert not [suffix for suffixes in KINDS.values() for suffix in suffixes if suffix not in words]


def test_a_reader_that_goes_away_is_no_failure_of_ours(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from fakes import FakeEngine\n"
        "from venocode.cli import batch, main\n"
        "batch.engine_for = lambda policy, model: FakeEngine(); main()"
    )
    jsonl(tmp_path / "n.jsonl", *({"note_id": str(i), "text": NOTE} for i in range(2000)))
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", script, here, "batch", str(tmp_path / "n.jsonl"), "-o", "-"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_progress_is_one_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.0, 59.0, 61.0, 62.0, 121.5])
    tick = lines(Source(iter(()), 200, lambda: 50), lambda: next(times))
    for coded in range(1, 6):
        tick(coded, 1)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "venocode: 3 coded, 1 quarantined, 0.1 rows/s (25 % of the input)"
    assert len(said) == 2


@pytest.mark.slow
def test_the_demo_notes_with_the_real_engine() -> None:
    demo = Path(__file__).parent.parent / "corpora" / "demo" / "notes.jsonl"
    command = [sys.executable, "-m", "venocode", "batch", str(demo), "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {
        r["note_id"]: {c["code"]: c["units"] for c in r["codes"]} for r in map(json.loads, done.stdout.splitlines())
    }
    assert found == {
        "two-veins": {"37248": 1, "37249": 1},
        "stent-same-vein": {},
        "dialysis-circuit": {},
        "history-only": {},
        "header-against-body": {"37248": 1},
        "artery": {},
    }
    texts = {n["note_id"]: n["text"] for n in map(json.loads, demo.read_text(encoding="utf-8").splitlines())}
    for record in map(json.loads, done.stdout.splitlines()):
        for span in record["mentions"]:
            assert texts[record["note_id"]][span["start"] : span["end"]] == span["text"]
