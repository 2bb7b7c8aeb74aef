"""The learned head: loaded from skops with an explicit trust list, checked against its manifest. No pickle."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from venocode.classifier.features import NAMES, features
from venocode.errors import ModelError
from venocode.findings import VeinFinding

MODEL_FILE = "model.skops"
MANIFEST_FILE = "manifest.json"
CARD_FILE = "card.md"
NAME = "vein-head"

#: Types a model file may hold beside those skops trusts by itself. None are needed for the shipped head.
TRUSTED: tuple[str, ...] = ()


class VeinModel:
    """Probability for each vein that it was ballooned in this session.

    Parameters
    ----------
    estimator : Any
        A fitted scikit-learn classifier with ``predict_proba`` on ``NAMES``.
    digest : str
        sha256 of the model file, in hex.
    calibration : tuple of float, optional
        Intercept and slope of the note probability (see ``engine.note_probability``).
    """

    def __init__(self, estimator: Any, digest: str, calibration: tuple[float, float] | None = None) -> None:
        self.estimator = estimator
        self.digest = digest
        self.calibration = calibration

    def probabilities(self, findings: Sequence[VeinFinding]) -> dict[tuple[str, str], float]:
        """Probability (0-1) of every vein of one note."""
        if not findings:
            return {}
        rows = [features(f) for f in findings]
        column = self.estimator.predict_proba(rows)[:, 1]
        return {f.vein: float(p) for f, p in zip(findings, column, strict=True)}


def shipped_model() -> Path:
    """Folder of the shipped classifier: inside the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "models" / NAME
    return installed if installed.is_dir() else package.parent.parent / "models" / NAME


def load_model(folder: Path | None = None) -> VeinModel:
    """Load a classifier.

    Parameters
    ----------
    folder : Path, optional
        Folder with ``model.skops`` and ``manifest.json``; the shipped one otherwise.

    Raises
    ------
    ModelError
        When a file is missing or broken, the hash does not match the manifest, the features or the calibration are
        not of this version, or the file holds a type that is not trusted or no fitted classifier; names the file and
        the remedy.
    """
    where = folder or shipped_model()
    manifest = _manifest(where)
    data = _read(where / MODEL_FILE)
    digest = hashlib.sha256(data).hexdigest()
    if digest != manifest.get("sha256"):
        raise ModelError(
            f"model file {where / MODEL_FILE} does not match its manifest (sha256 differs); "
            "restore both files or run 'venocode train'"
        )
    if manifest.get("features") != list(NAMES):
        raise ModelError(f"model in {where} was trained on other features than this version uses; run 'venocode train'")
    curve = _calibration(manifest.get("calibration"), where)
    estimator = _unpack(data, where)
    _check_classifier(estimator, where)
    return VeinModel(estimator, digest, curve)


def _calibration(curve: Any, where: Path) -> tuple[float, float] | None:
    """The calibration of a manifest; None where it holds none."""
    if curve is None:
        return None
    values: list[Any] = [curve.get("intercept"), curve.get("slope")] if isinstance(curve, dict) else []
    if not values or not all(type(v) in (int, float) and abs(v) < 1e9 and math.isfinite(v) for v in values):
        raise ModelError(
            f"model manifest {where / MANIFEST_FILE}: key 'calibration' must hold the numbers 'intercept' and 'slope'; "
            "run 'venocode train'"
        )
    return float(values[0]), float(values[1])


def _check_classifier(estimator: Any, where: Path) -> None:
    """Whether it really gives a probability for the features of one vein."""
    try:
        (row,) = estimator.predict_proba([[0.0] * len(NAMES)])
        fits = list(estimator.classes_) == [0, 1] and len(row) == 2 and all(0.0 <= float(p) <= 1.0 for p in row)
    except Exception:  # whatever the archive holds may raise anything
        fits = False
    if not fits:
        raise ModelError(
            f"model file {where / MODEL_FILE} holds no fitted classifier of {len(NAMES)} features; run 'venocode train'"
        )


def _manifest(where: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(where / MANIFEST_FILE))
    except (ValueError, RecursionError):  # not text, not JSON, or nested without end
        raise ModelError(f"model manifest {where / MANIFEST_FILE} is not valid JSON; run 'venocode train'") from None
    return content if isinstance(content, dict) else {}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ModelError(
            f"model file {path} is missing; give its folder with --model or run 'venocode train'"
        ) from None


def _unpack(data: bytes, where: Path) -> Any:
    import skops.io

    try:
        unknown = set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED)
        if unknown:
            raise ModelError(
                f"model file {where / MODEL_FILE} holds types that are not trusted; use a model you trained"
            )
        return skops.io.loads(data, trusted=list(TRUSTED))
    except ModelError:
        raise
    except Exception:
        raise ModelError(f"model file {where / MODEL_FILE} cannot be read; run 'venocode train'") from None
