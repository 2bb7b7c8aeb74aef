"""The learned heads: loaded from skops with an explicit trust list, checked against their manifest. No pickle."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venocode.classifier import features as vein
from venocode.classifier import note
from venocode.classifier.calibration import AutoLane, Curve, expit
from venocode.errors import ModelError
from venocode.findings import VeinFinding
from venocode.records import Contribution, Explanation

if TYPE_CHECKING:
    from venocode.classifier.head import VeinHead

MODEL_FILE = "model.skops"
NOTE_FILE = "note.skops"
MANIFEST_FILE = "manifest.json"
CARD_FILE = "card.md"
NAME = "vein-head"

#: Types a model file may hold beside those skops trusts by itself.
TRUSTED = ("venocode.classifier.head.VeinHead",)


@dataclass(frozen=True, slots=True)
class VeinModel:
    """Probabilities of veins and of notes, with the weights behind them.

    Attributes
    ----------
    head : VeinHead
        Fitted on ``features.NAMES``: the probability that a vein was ballooned in this session.
    digest : str
        sha256 of the manifest, in hex; the manifest holds the hashes of the model files and the threshold.
    note_head : VeinHead or None
        Fitted on ``note.NAMES``: the log-odds that codes and units of a note are right.
    curve : Curve
        Calibrates the note head.
    auto : AutoLane or None
        The threshold of the ``auto`` lane; None when the gold notes carried none.
    """

    head: VeinHead
    digest: str
    note_head: VeinHead | None = None
    curve: Curve = field(default_factory=Curve)
    auto: AutoLane | None = None

    def explanations(self, findings: Sequence[VeinFinding]) -> dict[tuple[str, str], Explanation]:
        """The weights behind the probability of every vein of one note."""
        if not findings:
            return {}
        rows = [vein.features(f) for f in findings]
        return dict(zip((f.vein for f in findings), explain(self.head, rows, vein.NAMES), strict=True))

    def probabilities(self, findings: Sequence[VeinFinding]) -> dict[tuple[str, str], float]:
        """Probability (0-1) of every vein of one note."""
        return {v: expit(e.log_odds) for v, e in self.explanations(findings).items()}

    def note_explanation(self, row: list[float]) -> Explanation | None:
        """The weights behind the probability of a note with these features; None without a note head."""
        return None if self.note_head is None else explain(self.note_head, [row], note.NAMES)[0]


def explain(head: VeinHead, rows: list[list[float]], names: Sequence[str]) -> list[Explanation]:
    """What each named feature adds to the log-odds of each row, the strongest first."""
    base = float(head.intercept_[0])
    weighted = [(i, name, w) for i, (name, w) in enumerate(zip(names, head.coef_[0].tolist(), strict=True)) if w]
    out = []
    for row in rows:
        parts = [Contribution(name, row[i], w * row[i]) for i, name, w in weighted if row[i]]
        out.append(Explanation(base, tuple(sorted(parts, key=lambda c: -abs(c.log_odds)))))
    return out


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
        Folder with ``model.skops``, ``note.skops`` and ``manifest.json``; the shipped one otherwise.

    Raises
    ------
    ModelError
        When a file is missing or broken, a hash does not match the manifest, the features or the calibration are
        not of this version, or a file holds a type that is not trusted or no fitted head; names the file and the
        remedy.
    """
    where = folder or shipped_model()
    data, manifest = _manifest(where)
    head = _head(where / MODEL_FILE, manifest.get("sha256"), manifest.get("features"), vein.NAMES)
    note_head = None
    if manifest.get("note_sha256") is not None:
        note_head = _head(where / NOTE_FILE, manifest["note_sha256"], manifest.get("note_features"), note.NAMES)
    curve, auto = _curve(manifest.get("calibration"), where), _auto(manifest.get("auto"), where)
    return VeinModel(head, hashlib.sha256(data).hexdigest(), note_head, curve, auto)


def _head(path: Path, digest: Any, found: Any, names: tuple[str, ...]) -> VeinHead:
    """A head from its file, when the file is the one its manifest vouches for."""
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(
            f"model file {path} does not match its manifest (sha256 differs); restore both files or run 'venocode train'"
        )
    if found != list(names):
        raise ModelError(
            f"model in {path.parent} was trained on other features than this version uses; run 'venocode train'"
        )
    head = _unpack(data, path)
    _check_head(head, path, len(names))
    return head  # type: ignore[no-any-return]


def _curve(content: Any, where: Path) -> Curve:
    """The calibration of a manifest; the plain log-odds where it holds none."""
    if content is None:
        return Curve()
    try:
        points = tuple((x, y) for x, y in content.get("points", ()))
        curve = Curve(content["intercept"], content["slope"], points)
        numbers = [curve.intercept, curve.slope, *(v for p in points for v in p)]
        rising = all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(points))
        fits = all(map(_number, numbers)) and curve.slope >= 0 and rising
    except (AttributeError, KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ModelError(
            f"model manifest {where / MANIFEST_FILE}: key 'calibration' must hold the numbers 'intercept' and 'slope'; "
            "run 'venocode train'"
        )
    return curve


def _auto(content: Any, where: Path) -> AutoLane | None:
    """The threshold of the ``auto`` lane; None where the manifest holds none."""
    if content is None:
        return None
    try:
        lane = AutoLane(**content)
        fits = all(map(_number, content.values())) and 0 <= lane.threshold <= 1
    except (AttributeError, TypeError):
        fits = False
    if not fits:
        raise ModelError(
            f"model manifest {where / MANIFEST_FILE}: key 'auto' must hold a threshold with its target and counts; "
            "run 'venocode train' or 'venocode calibrate'"
        )
    return lane


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e9 and math.isfinite(value)


def _check_head(head: Any, path: Path, width: int) -> None:
    """Whether it really gives log-odds for rows of this width."""
    try:
        (row,) = head.predict_proba([[0.0] * width])
        fits = list(head.classes_) == [0, 1] and len(row) == 2 and all(0.0 <= float(p) <= 1.0 for p in row)
        fits = fits and head.contributions([[1.0] * width]).shape == (1, width)
    except Exception:  # whatever the archive holds may raise anything
        fits = False
    if not fits:
        raise ModelError(f"model file {path} holds no fitted classifier of {width} features; run 'venocode train'")


def _manifest(where: Path) -> tuple[bytes, dict[str, Any]]:
    data = _read(where / MANIFEST_FILE)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):  # not text, not JSON, or nested without end
        raise ModelError(f"model manifest {where / MANIFEST_FILE} is not valid JSON; run 'venocode train'") from None
    return data, content if isinstance(content, dict) else {}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ModelError(
            f"model file {path} is missing; give its folder with --model or run 'venocode train'"
        ) from None


def _unpack(data: bytes, path: Path) -> Any:
    import skops.io

    try:
        unknown = set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED)
        if unknown:
            raise ModelError(f"model file {path} holds types that are not trusted; use a model you trained")
        return skops.io.loads(data, trusted=list(TRUSTED))
    except ModelError:
        raise
    except Exception:
        raise ModelError(f"model file {path} cannot be read; run 'venocode train'") from None
