"""Validating, describing, converting and splitting gold notes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from venocode.cli import app
from venocode.cli.convert import CorpusFormat
from venocode.corpus import FLAGS, GoldNote, parse_marked, read_notes, write_notes
from venocode.corpus.describe import describe, markdown
from venocode.corpus.formats import FORMATS, read_corpus
from venocode.corpus.gold import REVIEW_FLAGS
from venocode.corpus.splits import SPLITS, read_splits, split_files
from venocode.corpus.validate import check, validate
from venocode.counting.count import FLAG_RULES, QUERY, REVIEW
from venocode.errors import CorpusError

CORPORA = Path(__file__).resolve().parents[1] / "corpora"
NOTES = sorted((CORPORA / "notes").glob("*.notes"))
LEFT_FV = {"vein": "femoral_vein", "side": "left"}
SVC = {"vein": "superior_vena_cava", "side": "none"}
ENTRY = {"vessel": "popliteal_vein", "side": "left", "approach": "percutaneous"}
MARKED = (
    "The <<V:left popliteal_vein:access|popliteal vein>> was <<X:percutaneous|entered>>; under <<F|fluoroscopy>> the "
    "<<V:left femoral_vein:treated|left femoral vein>> was <<A:performed|dilated>>.\n"
)


def note(marked: str = MARKED, note_id: str = "n-1", **changes: Any) -> GoldNote:
    """A note in which everything agrees, but for the changes."""
    gold: dict[str, Any] = {
        "treated_veins": [LEFT_FV], "codes": {"37248": 1, "37249": 0}, "not_counted": [], "flags": [], "access": [ENTRY],
        "fluoroscopy": True, "review": False,
    }  # fmt: skip
    text, spans = parse_marked(marked)
    return GoldNote(note_id, "a voice", ("one",), text, tuple(spans), gold | changes)


def nothing(marked: str = MARKED.replace("treated", "imaged"), **changes: Any) -> GoldNote:
    """A note that earns no unit."""
    return note(marked, **({"treated_veins": [], "codes": {"37248": 0, "37249": 0}} | changes))


def write(path: Path, *notes: GoldNote) -> str:
    path.write_text(write_notes(notes), encoding="utf-8")
    return str(path)


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["corpus", *args])


class TestWhetherANoteAgrees:
    def test_it_does(self) -> None:
        assert list(check(note())) == []
        assert list(check(nothing())) == []

    @pytest.mark.parametrize(
        ("held", "level", "told"),
        [
            (note(MARKED + "<<F|C-arm >>\n"), "error", "FLUOROSCOPY at 85-91 begins or ends with white space"),
            (note(MARKED + "<<F|C-\narm>>\n"), "error", "FLUOROSCOPY at 85-91 crosses a line break"),
            (note(flags=["grouping"]), "error", "flag 'grouping' is not in the policy"),
            (note(flags=["grouping_differs"] * 2), "error", "flag 'grouping_differs' stands 2 times"),
            (note(flags=["lead_venoplasty"]), "error", "review is false, but a person must look for lead_venoplasty"),
            (note(review=True), "warning", "review is true and no flag says why"),
            (
                nothing(flags=["missing:lesion", "missing:result"]),
                "error",
                "missing:lesion, missing:result on a note that earns",
            ),
            (note(flags=["missing:fluoroscopy"]), "error", "missing:fluoroscopy, but the record says it is documented"),
            (note(flags=["missing:access"]), "error", "missing:access, but the record says it is documented"),
            (
                note(fluoroscopy=False),
                "warning",
                "fluoroscopy is not documented and missing:fluoroscopy does not stand",
            ),
            (note(access=[]), "warning", "access is not documented and missing:access does not stand"),
            (note(flags=["separate_vein_modifier"]), "error", "separate_vein_modifier without a stented vein"),
            (note(flags=["bridging_lesion"]), "warning", "flag bridging_lesion without reason bridged"),
            (note(flags=["side_unspecified"], review=True), "warning", "side_unspecified goes with a treated vein"),
            (
                note(not_counted=[SVC | {"why": "negated"}]),
                "warning",
                "not_counted superior_vena_cava is mentioned in no mark",
            ),
            (note(MARKED.replace("treated", "imaged")), "warning", "no mark has role treated for left femoral_vein; "),
            (nothing(MARKED), "warning", "left femoral_vein is marked treated or stented and stands nowhere"),
            (
                note(MARKED + "Later the left femoral vein was open.\n"),
                "warning",
                "characters 95-112 are bare here and marked VEIN",
            ),
            (
                note(MARKED.replace("<<F|", "").replace("py>>", "py")),
                "warning",
                "fluoroscopy is true and no mark tells it",
            ),
            (
                note(MARKED.replace("<<X:percutaneous|entered>>", "open")),
                "warning",
                "access is recorded and no mark tells it",
            ),
        ],
    )
    def test_it_does_not(self, held: GoldNote, level: str, told: str) -> None:
        ((found, message),) = check(held)
        assert (found, message.startswith(told)) == (level, True), message
        assert "; " in message

    def test_a_stent_without_its_flag_and_its_mark(self) -> None:
        stent = SVC | {"why": "stent_same_vein"}
        held = note(MARKED + "<<V:none superior_vena_cava:imaged|SVC>>\n", not_counted=[stent])
        assert [m.partition(";")[0] for _, m in check(held)] == [
            "units beside a vein that lost its own to a stent",
            "a vein lost its unit to a stent and no mark has role stented",
        ]
        mended = note(
            MARKED + "<<V:none superior_vena_cava:stented|SVC>>\n",
            not_counted=[stent],
            flags=["separate_vein_modifier"],
        )
        assert list(check(mended)) == []

    def test_a_modifier_on_a_note_that_earns_nothing(self) -> None:
        assert len([m for level, m in check(nothing(flags=["separate_vein_modifier"])) if level == "error"]) == 2

    @pytest.mark.parametrize(
        "mark", ["bilateral femoral_vein", "unknown femoral_vein", "right iliac_vein+left femoral_vein"]
    )
    def test_marks_that_hold_the_treated_vein(self, mark: str) -> None:
        told = [m for _, m in check(note(MARKED.replace("left femoral_vein:", f"{mark}:")))]
        assert not any(m.startswith("no mark has role treated") for m in told)

    def test_arteries_need_no_mark(self) -> None:
        artery = {"vein": "femoral_artery", "side": "left", "why": "artery"}
        assert list(check(note(not_counted=[artery]))) == []

    def test_no_word_of_the_note_is_told(self, tmp_path: Path) -> None:
        held = note(
            MARKED + "Secret left femoral vein.\n<<F|Secret>> <<V:left lumbar_vein:treated|secret>>\n", flags=["x"]
        )
        path = Path(write(tmp_path / "a.notes", held))
        told = " ".join(map(str, validate([path]).findings))
        assert told
        assert not any(word in told.lower() for word in ("secret", "popliteal vein", "dilated"))


class TestFlagsOfThePolicy:
    def test_every_flag_the_policy_can_raise_is_known(self) -> None:
        raised = REVIEW | QUERY | set(FLAG_RULES) | {"grouping_differs", "coverage"}
        assert raised <= set(FLAGS)

    def test_the_flags_that_ask_for_a_person(self) -> None:
        assert REVIEW_FLAGS == REVIEW


class TestValidate:
    def test_the_shipped_notes_have_no_errors(self) -> None:
        result = run("validate", str(CORPORA / "notes"))
        assert result.exit_code == 0
        assert ": error: " not in result.stdout
        assert "errors: 0" in result.stderr

    def test_every_problem_of_every_note(self, tmp_path: Path) -> None:
        one = write(tmp_path / "a.notes", note(flags=["x", "y"], review=True), note(note_id="n-2"))
        two = write(tmp_path / "b.notes", note(note_id="n-2"))
        broken = tmp_path / "c.notes"
        broken.write_text("=== n-3 | a | b\n{}\n---\n<<A:done|x>> <<F:no|y>>\n", encoding="utf-8")
        result = run("validate", one, two, str(broken))
        assert result.exit_code == 1
        assert [line.partition(";")[0] for line in result.stdout.splitlines()] == [
            f"{one}, note n-1: error: flag 'x' is not in the policy",
            f"{one}, note n-1: error: flag 'y' is not in the policy",
            f"{one}, note n-1: warning: review is true and no flag says why",
            f"{two}, note n-2: error: this id stands already in a.notes",
            f"{broken}, note n-3: error: unknown attribute 'done' near offset 0",
            f"{broken}, note n-3: error: unknown attribute 'no' near offset 2",
            f"{broken}, note n-3: error: gold record lacks treated_veins, codes, not_counted, flags, access, fluoroscopy, review",
        ]
        assert result.stderr == "venocode: notes: 4, errors: 6, warnings: 1\n"

    def test_warnings_alone_are_no_failure(self, tmp_path: Path) -> None:
        result = run("validate", write(tmp_path / "a.notes", note(review=True)))
        assert result.exit_code == 0
        assert ": warning: " in result.stdout

    def test_files_that_hold_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "empty.notes").write_text("", encoding="utf-8")
        result = run("validate", str(tmp_path / "empty.notes"), str(tmp_path / "gone.jsonl"), str(tmp_path / "x.pdf"))
        assert result.exit_code == 1
        assert [line.partition(": error: ")[2][:12] for line in result.stdout.splitlines()] == [
            "holds no not", f"{tmp_path}"[:12], f"{tmp_path}"[:12],
        ]  # fmt: skip

    def test_other_formats_are_checked_alike(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.notes", note(flags=["x"]))
        for suffix in (".jsonl", ".brat", ".conll", ".json", ".spacy"):
            out = str(tmp_path / f"again{suffix}")
            assert run("convert", source, out).exit_code == 0
            assert f"{out}, note n-1: error: flag 'x'" in run("validate", out).stdout


class TestDescribe:
    def notes(self) -> list[GoldNote]:
        return [
            note(),
            nothing(note_id="n-2", flags=["two_routes"], review=True, not_counted=[LEFT_FV | {"why": "imaged_only"}]),
        ]

    def test_counts(self) -> None:
        counts = describe(self.notes()).to_dict()
        assert counts["notes"] == 2
        assert counts["words"] == 26
        assert counts["labels"] == {"ANGIOPLASTY": 2, "VEIN": 4, "FLUOROSCOPY": 2, "ACCESS": 2}
        assert counts["attributes"] == {
            "assertion": {"performed": 2}, "role": {"access": 2, "imaged": 1, "treated": 1},
            "approach": {"percutaneous": 2}, "side": {"left": 4},
        }  # fmt: skip
        assert counts["veins"] == {"femoral_vein": 2, "popliteal_vein": 2}
        assert (counts["codes"], counts["units_per_note"]) == ({"37248": 1, "37249": 0}, {"0": 1, "1": 1})
        assert (counts["not_counted"], counts["flags"]) == ({"imaged_only": 1}, {"two_routes": 1})
        assert (counts["review"], counts["review_share"], counts["phenomena"]) == (1, 0.5, {"one": 2})

    def test_no_notes(self) -> None:
        assert describe([]).to_dict()["review_share"] == 0.0

    def test_a_table_of_voices(self, tmp_path: Path) -> None:
        result = run(
            "describe", write(tmp_path / "ir.notes", *self.notes()), write(tmp_path / "dia.notes", note(note_id="n-3"))
        )
        assert result.exit_code == 0
        rows = [line.split() for line in result.stdout.splitlines()]
        assert rows[0] == "voice notes words A V F X units no unit review".split()
        assert rows[1] == ["ir", "2", "26", "2", "4", "2", "2", "1", "1", "1"]
        assert rows[2] == ["dia", "1", "13", "1", "2", "1", "1", "1", "0", "0"]
        assert rows[3] == ["all", "3", "39", "3", "6", "3", "3", "2", "1", "1"]
        assert "review: 1 of 3 notes (33 %)" in result.stdout
        assert ["imaged_only", "1"] in rows

    def test_json(self, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        one, two = write(tmp_path / "a.notes", note()), write(tmp_path / "b" / "a.notes", note())
        record = json.loads(run("describe", "--json", one, two).stdout)
        assert record["total"]["notes"] == 2
        assert list(record["voices"]) == [one, two]

    def test_one_output_at_a_time(self) -> None:
        assert run("describe", "--json", "--markdown", "x.notes").exit_code == 2

    def test_a_note_marked_wrongly(self, tmp_path: Path) -> None:
        (tmp_path / "a.notes").write_text("=== n-1 | a | b\n{}\n---\nx\n", encoding="utf-8")
        result = run("describe", str(tmp_path / "a.notes"))
        assert result.exit_code == 2
        assert result.stderr.startswith("venocode: a.notes, note n-1: gold record lacks ")


class TestConvert:
    def test_the_command_knows_every_format(self) -> None:
        assert [f.value for f in CorpusFormat] == list(FORMATS)

    def test_formats_can_be_named(self, tmp_path: Path) -> None:
        source = Path(write(tmp_path / "a.txt", note()))
        assert run("convert", str(source), str(tmp_path / "b.txt"), "--from", "notes", "--to", "jsonl").exit_code == 0
        assert list(read_corpus(tmp_path / "b.txt", "jsonl")) == [note()]

    def test_to_standard_output(self, tmp_path: Path) -> None:
        result = run("convert", write(tmp_path / "a.notes", note()), "-", "--to", "jsonl")
        assert json.loads(result.stdout) == note().to_dict()
        assert result.stderr == "venocode: notes written: 1\n"

    def test_a_file_may_be_put_in_order_in_its_place(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.notes", note())
        assert run("convert", path, path).exit_code == 0
        assert list(read_notes(Path(path))) == [note()]

    def test_a_note_that_cannot_be_carried_leaves_the_old_file(self, tmp_path: Path) -> None:
        record = note().to_dict()
        record["text"] = record["text"].rstrip("\n")
        (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
        old = write(tmp_path / "old.notes", note())
        result = run("convert", str(tmp_path / "a.jsonl"), old)
        assert result.exit_code == 2
        assert result.stderr.startswith("venocode: note n-1: text does not end with exactly one line break; ")
        assert list(read_notes(Path(old))) == [note()]

    def test_a_name_that_tells_no_format(self, tmp_path: Path) -> None:
        result = run("convert", write(tmp_path / "a.notes", note()), "-")
        assert result.exit_code == 2
        assert "give --from or --to" in result.stderr


class TestSplits:
    def folder(self, tmp_path: Path, splits: Any, *voices: str) -> Path:
        (tmp_path / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
        (tmp_path / "notes").mkdir()
        for voice in voices:
            write(tmp_path / "notes" / f"{voice}.notes", note())
        return tmp_path

    def test_every_shipped_voice_is_in_one_split(self) -> None:
        files = split_files(CORPORA)
        assert sorted(path for paths in files.values() for path in paths) == NOTES
        assert tuple(files) == SPLITS

    def test_files_by_split(self, tmp_path: Path) -> None:
        corpora = self.folder(tmp_path, {"train": ["b", "a"], "development": [], "held_out": ["c"]}, "a", "b", "c")
        assert {name: [p.stem for p in paths] for name, paths in split_files(corpora).items()} == {
            "train": ["b", "a"], "development": [], "held_out": ["c"],
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("splits", "told"),
        [
            ([], "needs exactly the keys train, development, held_out"),
            ({"train": []}, "needs exactly the keys train, development, held_out"),
            ({"train": "a", "development": [], "held_out": []}, "train must be a list of file names"),
            ({"train": ["a"], "development": [], "held_out": ["a"]}, "a stands twice"),
            ({"train": ["a", "z"], "development": [], "held_out": []}, "no file notes/z.notes"),
            ({"train": [], "development": [], "held_out": []}, "notes/a.notes is in no split"),
        ],
    )
    def test_a_split_that_does_not_fit(self, splits: Any, told: str, tmp_path: Path) -> None:
        corpora = self.folder(tmp_path, splits, "a")
        with pytest.raises(CorpusError) as caught:
            split_files(corpora)
        assert told in str(caught.value)
        assert "splits.json: " in str(caught.value)

    def test_a_file_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="not readable as JSON"):
            read_splits(tmp_path / "splits.json")


def described(part: Callable[[str], bool]) -> list[str]:
    voices = {path.stem: describe(read_notes(path)) for path in NOTES}
    total = describe(n for path in NOTES for n in read_notes(path))
    return [line for line in markdown(voices, total).splitlines() if part(line)]


def test_the_counts_of_the_datasheet_are_true() -> None:
    """When this fails, put the output of ``venocode corpus describe --markdown corpora/notes`` into the datasheet."""
    sheet = (CORPORA / "DATASHEET.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in sheet if line.startswith("|")] == described(lambda line: line.startswith("|"))
