"""Recalibration on a site's own gold notes: the same heads, a new curve and a new threshold."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venocode.classifier.calibration import (
    AutoLane,
    Curve,
    auto_lane,
    brier,
    coverage_curve,
    expected_error,
    fit_curve,
    further_notes,
    reliability,
)
from venocode.classifier.card import card
from venocode.classifier.gold import ReadNote, read_gold
from venocode.classifier.model import CARD_FILE, MANIFEST_FILE, MODEL_FILE, NOTE_FILE, shipped_model
from venocode.classifier.training import write_manifest
from venocode.classifier.validation import HeldOut, judged
from venocode.corpus import GoldNote, read_notes
from venocode.errors import CalibrationError, CorpusError, ModelError

if TYPE_CHECKING:
    from venocode.engine import Engine

#: What calibration asks of a line of a gold file.
KEYS = {"note_id": str, "text": str, "codes": dict, "treated_veins": list}
FEWEST = 20


@dataclass(frozen=True, slots=True)
class SiteCalibration:
    """What a site's gold notes say of the note probability and the ``auto`` lane."""

    notes: int
    right: int
    flagged: int
    curve: Curve
    auto: AutoLane
    brier: float
    expected_error: float
    reliability: list[dict[str, float]]
    coverage: list[dict[str, float]]


def read_site(path: Path) -> list[GoldNote]:
    """Gold notes from a JSONL file, one note a line, or from a ``.notes`` file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of GoldNote

    Raises
    ------
    CorpusError
        Naming the file, the line or note and what is wrong.
    """
    notes = list(read_notes(path)) if path.suffix == ".notes" else list(_read_jsonl(path))
    seen: dict[str, str] = {}
    for note in notes:
        digest = hashlib.sha256(note.text.encode("utf-8", "surrogatepass")).hexdigest()
        if digest in seen:
            raise CorpusError(
                f"{path.name}: notes {seen[digest]} and {note.note_id} hold the same text; keep one of them"
            )
        seen[digest] = note.note_id
    return notes


def _read_jsonl(path: Path) -> Iterator[GoldNote]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise CorpusError(f"{path.name} cannot be read; check the path {path}") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{path.name} is not UTF-8; save it as UTF-8") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _gold(line, f"{path.name}, line {number}")


def _gold(line: str, where: str) -> GoldNote:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise CorpusError(f"{where}: not valid JSON") from None
    for key, kind in KEYS.items():
        if not isinstance(content, dict) or not isinstance(content.get(key), kind):
            raise CorpusError(f"{where}: '{key}' is missing or of the wrong type")
    codes, veins = content["codes"], content["treated_veins"]
    if not all(type(codes.get(code)) is int for code in ("37248", "37249")):
        raise CorpusError(f"{where}: codes must hold whole numbers for 37248 and 37249")
    if not all(isinstance(v, dict) and {"vein", "side"} <= set(v) for v in veins):
        raise CorpusError(f"{where}: an entry of treated_veins lacks 'vein' or 'side'")
    gold = {"codes": codes, "treated_veins": veins, "not_counted": [], "review": content.get("review") is True}
    return GoldNote(content["note_id"], "", (), content["text"], (), gold)


def judge(engine: Engine, notes: list[GoldNote]) -> list[HeldOut]:
    """Every note as the engine's heads see it, beside its gold.

    Parameters
    ----------
    engine : Engine
        With a model that has a note head; none of the notes may have been used to fit it.
    notes : list of GoldNote

    Raises
    ------
    ModelError
        When the model has no note head.
    """
    if engine.model is None or engine.model.note_head is None:
        raise ModelError("this model has no note head to calibrate; use the shipped one or run 'venocode train'")
    return [_held_out(engine, read_gold(engine, note, "site")) for note in notes]


def _held_out(engine: Engine, note: ReadNote) -> HeldOut:
    assert engine.model is not None
    row, right, flagged, stands = judged(note, engine.decide(note.case))
    explanation = engine.model.note_explanation(list(row))
    assert explanation is not None
    return HeldOut(note.note_id, note.voice, row, explanation.log_odds, right, flagged, stands)


def calibrate(decided: list[HeldOut], target: float, confidence: float) -> SiteCalibration:
    """Fit the curve and choose the threshold.

    Parameters
    ----------
    decided : list of HeldOut
        The site's notes as decided.
    target : float
        Accuracy that the lower confidence bound must reach in the ``auto`` lane.
    confidence : float
        Confidence of the bound.

    Returns
    -------
    SiteCalibration

    Raises
    ------
    CalibrationError
        When the sample cannot carry the target, with the number of further notes it needs at the least.
    """
    if len(decided) < FEWEST:
        raise CalibrationError(
            f"{len(decided)} gold notes are too few to calibrate; mark at least {FEWEST - len(decided)} more"
        )
    curve = fit_curve([h.log_odds for h in decided], [h.right for h in decided])
    every, right = [curve.probability(h.log_odds) for h in decided], [h.right for h in decided]
    kept = [(p, h.stands) for p, h in zip(every, decided, strict=True) if not h.flagged]
    p, stands = [x for x, _ in kept], [s for _, s in kept]
    auto = auto_lane(p, stands, target, confidence)
    if auto is None:
        more = further_notes(p, stands, target, confidence, len(decided))
        raise CalibrationError(
            f"{len(decided)} gold notes ({len(kept)} without review flags, {stands.count(False)} of these wrong) cannot carry an accuracy "
            f"of {target} with {confidence:.0%} confidence; mark at least {more} further notes, or name a lower --target"
        )
    return SiteCalibration(
        notes=len(decided), right=sum(right), flagged=len(decided) - len(kept), curve=curve, auto=auto,
        brier=brier(every, right), expected_error=expected_error(every, right), reliability=reliability(every, right),
        coverage=coverage_curve(p, stands, len(decided)),
    )  # fmt: skip


def write_calibrated(base: Path | None, out: Path, gold: Path, found: SiteCalibration) -> None:
    """Write a model folder with the same heads and the new calibration.

    Parameters
    ----------
    base : Path or None
        Folder of the model that was calibrated; the shipped one otherwise.
    out : Path
        Folder to write to, made when missing; not ``base``.
    gold : Path
        The site's file; only its name, hash and counts are kept.
    found : SiteCalibration
    """
    source = base or shipped_model()
    if out.resolve() == source.resolve():
        raise ModelError(f"{out}: is the model that is calibrated; name another directory with --out")
    data = (source / MANIFEST_FILE).read_bytes()
    manifest: dict[str, Any] = json.loads(data)
    manifest["calibration"] = found.curve.to_dict()
    manifest["auto"] = found.auto.to_dict()
    manifest["site"] = {
        "file": gold.name, "sha256": hashlib.sha256(gold.read_bytes()).hexdigest(),
        "base": hashlib.sha256(data).hexdigest(), "notes": found.notes, "right": found.right, "flagged": found.flagged,
        "brier": found.brier, "expected_error": found.expected_error, "reliability": found.reliability,
        "coverage": found.coverage,
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    for name in (MODEL_FILE, NOTE_FILE):
        shutil.copyfile(source / name, out / name)
    write_manifest(out, manifest)
    (out / CARD_FILE).write_text(card(manifest), encoding="utf-8")
