"""``venocode calibrate``: a site's gold notes give a new threshold, or a refusal that says what is missing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import venocode
from venocode.classifier.calibration import AutoLane
from venocode.classifier.model import MANIFEST_FILE, MODEL_FILE, NOTE_FILE, load_model, shipped_model
from venocode.classifier.site import calibrate, read_site
from venocode.classifier.validation import HeldOut
from venocode.cli import app
from venocode.errors import CalibrationError, CorpusError

VEINS = (
    "left common iliac",
    "right common iliac",
    "left external iliac",
    "right external iliac",
    "left femoral",
    "right femoral",
)


def gold(i: int, wrong: bool = False) -> dict[str, Any]:
    """A plain note with its gold; ``wrong``: the gold says nothing was treated."""
    side, _, name = VEINS[i % len(VEINS)].partition(" ")
    vein = {"vein": f"{name.replace(' ', '_')}_vein", "side": side}
    text = (
        f"TECHNIQUE: Case {i}. Under fluoroscopy a 70% stenosis of the {VEINS[i % len(VEINS)]} vein was dilated with a "
        f"{8 + i % 7} x 40 mm balloon to 12 atm. Residual stenosis {i % 20}%."
    )
    treated = [] if wrong else [vein]
    return {"note_id": f"s{i}", "text": text, "codes": {"37248": len(treated), "37249": 0}, "treated_veins": treated}


def write(path: Path, notes: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(n) + "\n" for n in notes), encoding="utf-8")
    return path


def run(*args: str) -> Any:
    return CliRunner().invoke(app, ["calibrate", *args])


class TestCommand:
    @pytest.mark.slow
    def test_writes_a_model_that_loads_and_uses_the_new_threshold(self, tmp_path: Path) -> None:
        source = write(tmp_path / "local.jsonl", [gold(i) for i in range(70)])
        out = tmp_path / "model"
        result = run("--gold", str(source), "--target", "0.95", "-o", str(out))
        assert result.exit_code == 0, result.output
        assert "70 gold notes" in result.output
        manifest = json.loads((out / MANIFEST_FILE).read_text(encoding="utf-8"))
        assert manifest["site"]["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert manifest["site"]["notes"] == 70
        assert manifest["site"]["base"] == load_model().digest
        assert manifest["auto"]["target"] == 0.95
        assert manifest["auto"]["confidence"] == 0.95
        for name in (MODEL_FILE, NOTE_FILE):
            assert (out / name).read_bytes() == (shipped_model() / name).read_bytes()
        assert "Recalibrated" in (out / "card.md").read_text(encoding="utf-8")
        engine = venocode.load(model=out)
        lanes = [engine.code(gold(i)["text"]).disposition for i in range(70)]
        assert lanes.count("auto") == manifest["auto"]["notes"]
        assert engine.provenance("x")["model"] != venocode.load().provenance("x")["model"]

    @pytest.mark.slow
    def test_refuses_what_the_sample_cannot_carry(self, tmp_path: Path) -> None:
        source = write(tmp_path / "local.jsonl", [gold(i) for i in range(40)])
        result = run("--gold", str(source), "-o", str(tmp_path / "model"))
        assert result.exit_code == 2
        assert "mark at least 109 further notes" in " ".join(result.output.split())
        assert not (tmp_path / "model").exists()

    @pytest.mark.slow
    def test_without_out_nothing_is_written(self, tmp_path: Path) -> None:
        source = write(tmp_path / "local.jsonl", [gold(i) for i in range(40)])
        before = load_model().digest
        assert run("--gold", str(source), "--target", "0.9").exit_code == 0
        assert [p.name for p in tmp_path.iterdir()] == ["local.jsonl"]
        assert load_model().digest == before

    def test_never_over_the_model_it_reads(self, tmp_path: Path) -> None:
        source = write(tmp_path / "local.jsonl", [gold(i) for i in range(40)])
        result = run("--gold", str(source), "--target", "0.9", "-o", str(shipped_model()))
        assert result.exit_code == 2
        assert "name another directory" in " ".join(result.output.split())

    @pytest.mark.parametrize("value", ["0.2", "1", "1.5", "nan"])
    @pytest.mark.parametrize("option", ["--target", "--confidence"])
    def test_wrong_targets(self, tmp_path: Path, option: str, value: str) -> None:
        result = run("--gold", str(write(tmp_path / "x.jsonl", [])), option, value)
        assert result.exit_code == 2
        assert f"{option} must be at least 0.5" in result.output

    def test_a_missing_file(self, tmp_path: Path) -> None:
        result = run("--gold", str(tmp_path / "none.jsonl"))
        assert result.exit_code == 2
        assert "no such file of gold notes" in " ".join(result.output.split())


class TestGold:
    @pytest.mark.parametrize(
        ("change", "said"),
        [({"text": 7}, "'text' is missing"), ({"codes": None}, "'codes' is missing"), ({"codes": {"37248": 1}}, "whole numbers"),
         ({"codes": {"37248": True, "37249": 0}}, "whole numbers"), ({"treated_veins": [{"vein": "x"}]}, "lacks 'vein' or 'side'"),
         ({"note_id": None}, "'note_id' is missing")],
    )  # fmt: skip
    def test_a_broken_line_is_named(self, tmp_path: Path, change: dict[str, Any], said: str) -> None:
        source = write(tmp_path / "g.jsonl", [gold(0), gold(1) | change])
        with pytest.raises(CorpusError, match=rf"g\.jsonl, line 2: .*{said}"):
            read_site(source)

    @pytest.mark.parametrize("line", ["{", "[]", "7", "null"])
    def test_a_line_that_is_no_note(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "g.jsonl").write_text(line + "\n", encoding="utf-8")
        with pytest.raises(CorpusError, match=r"g\.jsonl, line 1"):
            read_site(tmp_path / "g.jsonl")

    def test_the_same_text_twice_would_count_twice(self, tmp_path: Path) -> None:
        source = write(tmp_path / "g.jsonl", [gold(0), gold(0) | {"note_id": "again"}])
        with pytest.raises(CorpusError, match="notes s0 and again hold the same text"):
            read_site(source)

    def test_marked_notes_are_read_too(self) -> None:
        corpora = Path(__file__).resolve().parents[1] / "corpora" / "notes"
        assert len(read_site(corpora / "mixed_b.notes")) >= 10


def held(n: int, wrong: int = 0, flagged: int = 0) -> list[HeldOut]:
    """``n`` notes, the least certain ``wrong`` of them wrong, and ``flagged`` more with flags."""
    odds = [4.0 - 3.0 * i / n for i in range(n)]
    plain = [HeldOut(str(i), "site", (), x, i < n - wrong, False, i < n - wrong) for i, x in enumerate(odds)]
    return plain + [HeldOut(f"f{i}", "site", (), 0.0, False, True, False) for i in range(flagged)]


class TestCalibrate:
    def test_wrong_notes_stay_below_the_threshold(self) -> None:
        found = calibrate(held(180, wrong=20), 0.98, 0.95)
        assert isinstance(found.auto, AutoLane)
        assert (found.auto.notes, found.auto.wrong) == (160, 0)
        assert found.right == 160

    def test_notes_that_the_gold_sends_to_people_count_as_wrong_in_auto(self) -> None:
        notes = [HeldOut(h.note_id, "site", (), h.log_odds, True, False, i >= 5) for i, h in enumerate(held(160))]
        with pytest.raises(CalibrationError, match="5 of these wrong"):
            calibrate(notes, 0.98, 0.95)

    def test_flagged_notes_bear_on_the_curve_but_not_on_the_lane(self) -> None:
        found = calibrate(held(160, flagged=30), 0.98, 0.95)
        assert found.flagged == 30
        assert found.auto.notes == 160

    def test_too_few_notes_to_calibrate_anything(self) -> None:
        with pytest.raises(CalibrationError, match="mark at least 15 more"):
            calibrate(held(5), 0.9, 0.95)
