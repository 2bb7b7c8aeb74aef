"""The learned head: what it is loaded from, what it weighs, and that training it twice gives the same head."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st

from venocode.classifier.calibration import Curve
from venocode.classifier.features import BASELINE, NAMES, SIGNS, features, propose, rules_probability
from venocode.classifier.model import CARD_FILE, MANIFEST_FILE, MODEL_FILE, NOTE_FILE, load_model, shipped_model
from venocode.classifier.note import NAMES as NOTE_NAMES
from venocode.classifier.note import SIGNS as NOTE_SIGNS
from venocode.classifier.training import train
from venocode.errors import CorpusError, ModelError
from venocode.findings import VeinFinding

CORPORA = Path(__file__).resolve().parents[1] / "corpora"
EVENTS = ("treated.direct", "treated.implicit", "treated.reference", "around.direct", "around.reference", "conclusion.x",
          "title.title", "stent.x", "lesion.x", "normal.x", "untouched.x", "attempted.act", "negated.act", "historical.act",
          "planned.act", "other_balloon.x", "retracted.act", "access.x", "result.x")  # fmt: skip


def finding(*events: str, side: str = "left") -> VeinFinding:
    """A finding whose counts are kept by event and by way of saying, as the pipes keep them."""
    counts = Counter(events) + Counter(e.partition(".")[0] for e in events)
    return VeinFinding(("femoral_vein", side), dict(counts), (), 1)


def named(vein: VeinFinding) -> dict[str, float]:
    return dict(zip(NAMES, features(vein), strict=True))


LANE = {"threshold": 0.9, "target": 0.98, "confidence": 0.95, "notes": 200, "wrong": 0, "bound": 0.985}


class Stranger:
    """A type no model file may hold."""


class TestFeatures:
    def test_names_are_unique_and_every_vector_has_their_length(self) -> None:
        assert len(set(NAMES)) == len(NAMES) == len(features(finding()))

    def test_nothing_said_is_all_zero(self) -> None:
        assert set(features(finding())) == {0.0}

    def test_what_a_plain_act_sets(self) -> None:
        found = {k: v for k, v in named(finding("treated.direct", "lesion.x")).items() if v}
        assert found == {"strong": 1, "strong_with_lesion": 1, "direct": 1, "proofs": 1, "lesion": 1}

    def test_an_unknown_side_is_told(self) -> None:
        assert named(finding(side="unknown"))["side_unknown"] == 1

    @pytest.mark.parametrize("times", [1, 5])
    def test_a_title_alone_is_no_feature(self, times: int) -> None:
        title = finding(*["title.title"] * times)
        assert features(title) == features(finding())
        assert propose(title) == "nothing"
        assert rules_probability(title) == BASELINE["nothing"] < 0.1

    @pytest.mark.parametrize(
        ("events", "proposal"),
        [
            (["treated.direct"], "strong"),
            (["around.direct", "normal.x"], "strong"),
            (["treated.direct", "negated.act", "negated.act"], "doubtful"),
            (["treated.direct", "negated.act", "negated.act", "lesion.x"], "strong"),
            (["treated.implicit"], "weak"),
            (["conclusion.x", "lesion.x"], "weak"),
            (["treated.implicit", "normal.x"], "doubtful"),
            (["treated.reference", "negated.act"], "doubtful"),
            (["treated.direct", "lesion.x", "retracted.act"], "nothing"),
            (["lesion.x", "planned.act", "stent.x"], "nothing"),
        ],
    )
    def test_what_the_rules_propose(self, events: list[str], proposal: str) -> None:
        assert propose(finding(*events)) == proposal
        assert rules_probability(finding(*events)) == BASELINE[proposal]

    @given(st.lists(st.sampled_from(EVENTS), max_size=40))
    def test_counts_are_capped_and_a_title_changes_nothing(self, events: list[str]) -> None:
        row = features(finding(*events))
        assert len(row) == len(NAMES)
        assert all(isinstance(x, float) and 0 <= x <= 6 for x in row)
        assert features(finding(*events, "title.title")) == row


class TestShipped:
    def test_loads_and_fits_its_manifest(self) -> None:
        manifest = json.loads((shipped_model() / MANIFEST_FILE).read_text(encoding="utf-8"))
        model = load_model()
        assert manifest["features"] == list(NAMES)
        assert set(manifest["weights"]) == set(NAMES)
        assert set(manifest["note_weights"]) == set(NOTE_NAMES)
        assert model.digest == hashlib.sha256((shipped_model() / MANIFEST_FILE).read_bytes()).hexdigest()
        assert model.curve.to_dict() == manifest["calibration"]
        assert (None if model.auto is None else model.auto.to_dict()) == manifest["auto"]
        assert (shipped_model() / CARD_FILE).is_file()

    def test_was_trained_on_the_shipped_corpora(self) -> None:
        manifest = json.loads((shipped_model() / MANIFEST_FILE).read_text(encoding="utf-8"))
        files = sorted((CORPORA / "notes").glob("*.notes"))
        assert manifest["data"] == {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

    def test_the_weights_told_are_the_weights_used(self) -> None:
        manifest = json.loads((shipped_model() / MANIFEST_FILE).read_text(encoding="utf-8"))
        model = load_model()
        assert manifest["weights"] == {n: round(float(w), 4) for n, w in zip(NAMES, model.head.coef_[0], strict=True)}
        assert model.note_head is not None
        used = model.note_head.coef_[0]
        assert manifest["note_weights"] == {n: round(float(w), 4) for n, w in zip(NOTE_NAMES, used, strict=True)}

    def test_no_weight_points_the_wrong_way(self) -> None:
        model = load_model()
        assert all(w * s >= 0 for w, s in zip(model.head.coef_[0], SIGNS, strict=True) if s)
        assert model.note_head is not None
        assert all(w * s >= 0 for w, s in zip(model.note_head.coef_[0], NOTE_SIGNS, strict=True) if s)

    def test_sure_of_the_plain_cases(self) -> None:
        model = load_model()
        told = {"near": 1.0, "clean": 1.0, "details": 2.0, "severe": 1.0}
        yes = replace(finding("treated.direct", "lesion.x", "result.x"), evidence=told)
        no = VeinFinding(("common_iliac_vein", "right"), {"access": 1}, (), 1)
        found = model.probabilities([yes, no])
        assert list(found) == [yes.vein, no.vein]
        assert found[yes.vein] > 0.9
        assert found[no.vein] < 0.1

    def test_no_veins_no_probabilities(self) -> None:
        assert load_model().probabilities([]) == {}

    @given(st.lists(st.sampled_from(EVENTS), max_size=12))
    def test_a_title_does_not_move_the_probability(self, events: list[str]) -> None:
        model = load_model()
        plain, titled = finding(*events), finding(*events, "title.title")
        assert model.probabilities([plain]) == model.probabilities([titled])
        assert 0 <= model.probabilities([plain])[plain.vein] <= 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_model(), tmp_path / "model"))


def put_manifest(folder: Path, **changes: Any) -> None:
    path = folder / MANIFEST_FILE
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({k: v for k, v in manifest.items() if v is not ...}), encoding="utf-8")


def put_model(folder: Path, data: bytes) -> None:
    """Another model file, with a manifest that vouches for it."""
    (folder / MODEL_FILE).write_bytes(data)
    put_manifest(folder, sha256=hashlib.sha256(data).hexdigest())


def refused(folder: Path) -> str:
    """The message of a model that is refused: one line with the place and the remedy."""
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    assert "venocode train" in message or "model you trained" in message
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return message


class TestRefused:
    def test_the_copy_itself_loads(self, folder: Path) -> None:
        assert load_model(folder).digest == load_model().digest

    @pytest.mark.parametrize("name", [MODEL_FILE, MANIFEST_FILE])
    def test_missing_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        assert f"{name} is missing; give its folder with --model" in refused(folder)

    def test_missing_folder(self, tmp_path: Path) -> None:
        assert "is missing" in refused(tmp_path / "nowhere")

    @pytest.mark.parametrize("where", [0, 100, -1])
    def test_one_changed_byte(self, folder: Path, where: int) -> None:
        data = bytearray((folder / MODEL_FILE).read_bytes())
        data[where] ^= 1
        (folder / MODEL_FILE).write_bytes(data)
        assert "does not match its manifest" in refused(folder)

    @pytest.mark.parametrize("digest", [None, "", 7, ...])
    def test_a_manifest_without_the_hash(self, folder: Path, digest: object) -> None:
        put_manifest(folder, sha256=digest)
        assert "does not match its manifest" in refused(folder)

    @pytest.mark.parametrize(
        "names", [list(NAMES[:-1]), [*NAMES, "title"], list(reversed(NAMES)), None, ...],
        ids=["fewer", "more", "order", "null", "absent"],
    )  # fmt: skip
    def test_other_features(self, folder: Path, names: object) -> None:
        put_manifest(folder, features=names)
        assert "was trained on other features" in refused(folder)

    @pytest.mark.parametrize("text", ["", "{", '{"sha256": ', "not json"])
    def test_broken_manifest(self, folder: Path, text: str) -> None:
        (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
        assert "manifest.json is not valid JSON" in refused(folder)

    @pytest.mark.parametrize("text", ["[]", "null", '"x"'])
    def test_a_manifest_that_is_no_object(self, folder: Path, text: str) -> None:
        (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
        refused(folder)

    @pytest.mark.parametrize(
        "data",
        [b"", b"garbage", b"PK\x03\x04 cut short", pickle.dumps({"a": 1}), pickle.dumps(Counter("ab"))],
        ids=["empty", "garbage", "cut zip", "pickle", "pickled object"],
    )
    def test_a_file_that_is_no_skops_archive(self, folder: Path, data: bytes) -> None:
        put_model(folder, data)
        assert "cannot be read" in refused(folder)

    def test_a_pickle_is_never_opened(self, folder: Path, tmp_path: Path) -> None:
        trap = tmp_path / "opened"

        class Trap:
            def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
                return Path.touch, (trap,)

        put_model(folder, pickle.dumps(Trap()))
        refused(folder)
        assert not trap.exists()

    def test_a_cut_archive(self, folder: Path) -> None:
        put_model(folder, (folder / MODEL_FILE).read_bytes()[:-200])
        assert "cannot be read" in refused(folder)

    @pytest.mark.parametrize("content", [Stranger(), [Stranger()], shutil.rmtree], ids=["object", "inside", "function"])
    def test_a_type_that_is_not_trusted(self, folder: Path, content: object) -> None:
        put_model(folder, skops.io.dumps(content))
        assert refused(folder).endswith("holds types that are not trusted; use a model you trained")

    @pytest.mark.parametrize("content", [{"a": 1}, [1, 2], "text"])
    def test_an_archive_that_holds_no_classifier(self, folder: Path, content: object) -> None:
        put_model(folder, skops.io.dumps(content))
        assert f"holds no fitted classifier of {len(NAMES)} features" in refused(folder)

    def test_an_unfitted_or_another_estimator(self, folder: Path) -> None:
        from sklearn.linear_model import LinearRegression, LogisticRegression

        rows = [[0.0] * len(NAMES), [1.0] * len(NAMES)]
        for content in (
            LogisticRegression(),
            LinearRegression().fit(rows, [0, 1]),
            LogisticRegression().fit(rows, ["no", "yes"]),
            LogisticRegression().fit([*rows, rows[0]], [0, 1, 2]),
        ):
            put_model(folder, skops.io.dumps(content))
            assert "holds no fitted classifier" in refused(folder)

    def test_a_classifier_of_another_width(self, folder: Path) -> None:
        from sklearn.linear_model import LogisticRegression

        put_model(folder, skops.io.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1])))
        assert "holds no fitted classifier" in refused(folder)

    @pytest.mark.parametrize("data", [b"\xff\xfe{", b"\x80", b"[" * 200_000], ids=["utf-16", "byte", "deep"])
    def test_a_manifest_that_is_no_text(self, folder: Path, data: bytes) -> None:
        (folder / MANIFEST_FILE).write_bytes(data)
        assert "manifest.json is not valid JSON" in refused(folder)

    @pytest.mark.parametrize(
        "curve",
        ["x", "", 0, {}, {"slope": 1.0}, {"intercept": "a", "slope": None}, [1, 2], {"intercept": True, "slope": 1.0},
         {"intercept": float("nan"), "slope": 1.0}, {"intercept": 1.0, "slope": float("inf")},
         {"intercept": 10**400, "slope": 1.0}],
    )  # fmt: skip
    def test_a_broken_calibration(self, folder: Path, curve: object) -> None:
        put_manifest(folder, calibration=curve)
        assert "key 'calibration' must hold the numbers 'intercept' and 'slope'" in refused(folder)

    def test_a_model_without_a_calibration_loads(self, folder: Path) -> None:
        put_manifest(folder, calibration=...)
        assert load_model(folder).curve == Curve()
        put_manifest(folder, calibration=None)
        assert load_model(folder).curve == Curve()

    @pytest.mark.parametrize(
        "points", [[[0, 0.5], [1, 0.4]], [[1, 0.1], [0, 0.2]], [[0]], [["a", 1]], 7],
        ids=["falls", "unordered", "single", "word", "number"],
    )  # fmt: skip
    def test_broken_points_of_a_curve(self, folder: Path, points: object) -> None:
        put_manifest(folder, calibration={"intercept": 0.0, "slope": 1.0, "points": points})
        assert "key 'calibration'" in refused(folder)

    def test_a_curve_that_falls(self, folder: Path) -> None:
        put_manifest(folder, calibration={"intercept": 0.0, "slope": -1.0})
        assert "key 'calibration'" in refused(folder)

    @pytest.mark.parametrize(
        "lane", ["x", {}, {"threshold": 0.9}, LANE | {"threshold": 1.5}, LANE | {"wrong": None}, LANE | {"more": 1}]
    )
    def test_a_broken_threshold(self, folder: Path, lane: object) -> None:
        put_manifest(folder, auto=lane)
        assert "key 'auto' must hold a threshold" in refused(folder)

    def test_a_model_without_a_note_head_or_threshold_loads(self, folder: Path) -> None:
        put_manifest(folder, note_sha256=..., auto=None)
        model = load_model(folder)
        assert model.note_head is None
        assert model.auto is None

    def test_a_changed_note_head(self, folder: Path) -> None:
        (folder / NOTE_FILE).write_bytes((folder / MODEL_FILE).read_bytes())
        assert f"{NOTE_FILE} does not match its manifest" in refused(folder)


#: A note the pipes get right and one whose gold contradicts its text, so that the calibration has both kinds.
PLAIN = """=== {voice}-plain | test | plain
{{"treated_veins": [{{"vein": "common_iliac_vein", "side": "left"}}], "codes": {{"37248": 1, "37249": 0}},
 "not_counted": [], "flags": [], "access": [], "fluoroscopy": true, "review": false}}
---
TECHNIQUE: A 90% stenosis of the left common iliac vein was dilated with a 14 mm balloon under fluoroscopy.

=== {voice}-contrary | test | contrary
{{"treated_veins": [{{"vein": "renal_vein", "side": "right"}}], "codes": {{"37248": 1, "37249": 0}},
 "not_counted": [], "flags": [], "access": [], "fluoroscopy": true, "review": false}}
---
TECHNIQUE: The left common iliac vein and the superior vena cava were normal. Nothing was done.

"""


def corpora(folder: Path, voices: tuple[str, ...] = ("ir", "access", "surgery"), notes: int = 4) -> Path:
    """A few notes of each voice."""
    (folder / "notes").mkdir(parents=True)
    for voice in voices:
        text = (CORPORA / "notes" / f"{voice}.notes").read_text(encoding="utf-8")
        blocks = [b for b in re.split(r"(?m)^(?==== )", text) if b.startswith("=== ")][:notes]
        (folder / "notes" / f"{voice}.notes").write_text(
            PLAIN.format(voice=f"extra-{voice}") + "".join(blocks), encoding="utf-8"
        )
    return folder


class TestTraining:
    @pytest.mark.slow
    def test_twice_gives_the_same_head_and_figures(self, tmp_path: Path) -> None:
        source = corpora(tmp_path / "corpora")
        first, second = (train(source, tmp_path / out) for out in ("one", "two"))
        assert first == second
        for path in (tmp_path / "one").iterdir():  # byte for byte
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        one, two = (load_model(tmp_path / out) for out in ("one", "two"))
        probe = finding("treated.direct", "lesion.x")
        assert one.probabilities([probe]) == two.probabilities([probe])

    @pytest.mark.slow
    def test_what_is_written(self, tmp_path: Path) -> None:
        source = corpora(tmp_path / "corpora", notes=3)
        figures = train(source, tmp_path / "new" / "head")
        out = tmp_path / "new" / "head"
        manifest = json.loads((out / MANIFEST_FILE).read_text(encoding="utf-8"))
        assert sorted(p.name for p in out.iterdir()) == sorted([MODEL_FILE, NOTE_FILE, MANIFEST_FILE, CARD_FILE])
        assert manifest["figures"] == figures
        assert manifest["features"] == list(NAMES)
        assert manifest["notes"] == 15
        assert manifest["data"] == {
            p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((source / "notes").iterdir())
        }
        assert set(figures["by_voice"]) == {"ir", "access", "surgery"}
        for kind in ("head", "rules", "naive"):
            veins = sum(v[kind]["veins"] for v in figures["by_voice"].values())
            assert veins == figures[kind]["veins"] > figures[kind]["ballooned"] > 0
        assert manifest["sha256"] == hashlib.sha256((out / MODEL_FILE).read_bytes()).hexdigest()
        assert load_model(out).digest == hashlib.sha256((out / MANIFEST_FILE).read_bytes()).hexdigest()

    def test_no_notes_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="give the folder that holds 'notes'") as caught:
            train(tmp_path, tmp_path / "out")
        assert str(tmp_path / "notes") in str(caught.value)
        assert not (tmp_path / "out").exists()

    @pytest.mark.slow
    def test_a_note_marked_wrongly_leaves_the_old_model(self, tmp_path: Path, folder: Path) -> None:
        (tmp_path / "c" / "notes").mkdir(parents=True)
        (tmp_path / "c" / "notes" / "bad.notes").write_text("=== b-1 | x | y\n{}\nno line\n", encoding="utf-8")
        with pytest.raises(CorpusError, match=r"bad\.notes, note b-1"):
            train(tmp_path / "c", folder)
        assert load_model(folder).digest == load_model().digest

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("names", "said"),
        [(("ir",), r"only 1 voice \(ir\.notes\)"), (("ir", "access"), r"only 2 voices \(access\.notes, ir\.notes\)")],
    )
    def test_too_few_voices_to_hold_out(self, tmp_path: Path, names: tuple[str, ...], said: str) -> None:
        with pytest.raises(CorpusError, match=said + " under .*; add files of other authors, 3 voices at the least"):
            train(corpora(tmp_path / "corpora", voices=names), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.slow
    @pytest.mark.parametrize(("kept", "missing"), [("plain", "not ballooned"), ("contrary", "ballooned")])
    def test_a_voice_that_leaves_one_kind_of_vein(self, tmp_path: Path, kept: str, missing: str) -> None:
        source = corpora(tmp_path / "corpora")
        blocks = re.split(r"(?m)^(?==== )", PLAIN.format(voice="x"))
        text = next(b for b in blocks if b.startswith(f"=== x-{kept}"))
        for voice in ("access", "surgery"):
            (source / "notes" / f"{voice}.notes").write_text(text, encoding="utf-8")
        with pytest.raises(
            CorpusError, match=rf"without access\.notes and ir\.notes no vein that was {missing} is left"
        ):
            train(source, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.slow
    def test_notes_all_alike_leave_the_plain_product(self, tmp_path: Path) -> None:
        source = tmp_path / "corpora"
        (source / "notes").mkdir(parents=True)
        for voice in ("a", "b", "c"):  # each note treats a vein its gold does not know, so none is exact
            text = PLAIN.format(voice=voice).replace(
                '"common_iliac_vein", "side": "left"', '"renal_vein", "side": "left"'
            )
            text += (
                PLAIN.format(voice=f"{voice}2")
                .split("\n=== ")[0]
                .replace("was dilated", "and the right renal vein were dilated")
            )
            (source / "notes" / f"{voice}.notes").write_text(text, encoding="utf-8")
        figures = train(source, tmp_path / "out")
        assert figures["head"]["case_exact"] in (0.0, 1.0)
        assert json.loads((tmp_path / "out" / MANIFEST_FILE).read_text(encoding="utf-8"))["calibration"] is None
        model = load_model(tmp_path / "out")
        assert model.note_head is None
        assert model.auto is None

    @pytest.mark.slow
    def test_files_without_notes(self, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "empty.notes").write_text("", encoding="utf-8")
        with pytest.raises(CorpusError, match=r"no notes in the \*\.notes files under"):
            train(tmp_path, tmp_path / "out")
