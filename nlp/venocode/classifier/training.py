"""Training of the heads from marked notes: one command, deterministic.

The data are the hand-marked notes under ``corpora/notes``; every file is one author's voice, and all figures come from
cross-validation grouped by voice, beside the rules alone and a naive baseline.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from venocode import __version__
from venocode.classifier import note as note_level
from venocode.classifier.calibration import (
    CONFIDENCE,
    TARGETS,
    best_lane,
    brier,
    coverage_curve,
    expected_error,
    reliability,
)
from venocode.classifier.card import card
from venocode.classifier.features import NAMES, SIGNS
from venocode.classifier.gold import ReadNote, read_files
from venocode.classifier.model import CARD_FILE, MANIFEST_FILE, MODEL_FILE, NAME, NOTE_FILE
from venocode.classifier.validation import (
    HEAD_C,
    NOTE_C,
    SEED,
    HeldOut,
    candidates,
    difference,
    figures,
    final_note_head,
    fit_head,
    held_out,
    outcomes,
    voices,
)
from venocode.counting import load_policy
from venocode.errors import CorpusError
from venocode.rules import load_rules

#: The note head is nested: two voices are held out at a time.
FEWEST_VOICES = 3
#: The candidates whose figures the manifest keeps; ``venocode train --compare`` shows all.
KEPT = {"head": "shipped head", "rates": "rules, rates learned", "rules": "rules only", "naive": "naive"}


def train(corpora: Path, out: Path) -> dict[str, Any]:
    """Fit the heads, cross-validate them by voice and write models, manifest and card.

    Parameters
    ----------
    corpora : Path
        Folder with ``notes/*.notes``.
    out : Path
        Folder to write to.

    Returns
    -------
    dict
        Figures of the grouped cross-validation.

    Raises
    ------
    CorpusError
        When there are no notes, one is marked wrongly, or they are too few to learn from and to test on.
    """
    files, notes = read_corpora(corpora)
    manifest: dict[str, Any] = _about(files, notes)
    manifest["figures"] = _figures(notes)
    decided = held_out(notes)
    manifest["figures"]["notes"] = note_figures(decided)
    write_model(out, manifest, fit_head(notes), decided)
    return dict(manifest["figures"])


def read_corpora(corpora: Path) -> tuple[list[Path], list[ReadNote]]:
    """The files of a corpora folder and their notes as the pipes read them.

    Parameters
    ----------
    corpora : Path
        Folder with ``notes/*.notes``.

    Raises
    ------
    CorpusError
        As `train`.
    """
    from venocode.engine import Engine

    files = sorted((corpora / "notes").glob("*.notes"))
    if not files:
        raise CorpusError(f"no *.notes files under {corpora / 'notes'}; give the folder that holds 'notes'")
    notes = list(read_files(files, Engine(load_policy(), None)))
    _check_enough(notes, corpora / "notes")
    return files, notes


def _check_enough(notes: list[ReadNote], folder: Path) -> None:
    """Whether any two voices can be held out: the notes of the others must show veins of both kinds."""
    if not notes:
        raise CorpusError(
            f"no notes in the *.notes files under {folder}; a note begins with a line '=== id | style | tags'"
        )
    names = voices(notes)
    if len(names) < FEWEST_VOICES:
        raise CorpusError(
            f"only {len(names)} {'voice' if len(names) == 1 else 'voices'} ({', '.join(f'{v}.notes' for v in names)}) under {folder}; add "
            f"files of other authors, {FEWEST_VOICES} voices at the least: two are held out at a time"
        )
    for pair in combinations(names, 2):
        kinds = {e.label for n in notes if n.voice not in pair for e in n.known}
        if kinds != {0, 1}:
            raise CorpusError(
                f"too few notes under {folder}: without {pair[0]}.notes and {pair[1]}.notes no vein that was "
                f"{'not ' if 1 in kinds else ''}ballooned is left to learn from; add notes of other authors"
            )


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(notes: list[ReadNote]) -> dict[str, Any]:
    """The shipped head beside its baselines, over all notes and by voice."""
    known = candidates()
    found = {key: outcomes(notes, name, known[name]) for key, name in KEPT.items()}
    out: dict[str, Any] = {key: figures(o) for key, o in found.items()}
    out["head"]["to_rules"] = difference(found["head"], found["rules"])
    out["head"]["to_rates"] = difference(found["head"], found["rates"])
    out["by_voice"] = {
        voice: {key: figures([x for x in o if x.voice == voice]) for key, o in found.items()} for voice in voices(notes)
    }
    return out


def note_figures(decided: list[HeldOut]) -> dict[str, Any]:
    """The calibrated note probability and the ``auto`` lane on held-out notes."""
    _, curve = final_note_head(decided)
    if curve is None:
        return {"right": sum(h.right for h in decided), "notes": len(decided)}
    every = [curve.probability(h.log_odds) for h in decided]
    right = [h.right for h in decided]
    open_notes = [(p, h.stands) for p, h in zip(every, decided, strict=True) if not h.flagged]
    p, stands = [p for p, _ in open_notes], [s for _, s in open_notes]
    return {
        "notes": len(decided),
        "right": sum(right),
        "flagged": len(decided) - len(open_notes),
        "brier": brier(every, right),
        "expected_error": expected_error(every, right),
        "reliability": reliability(every, right),
        "coverage": coverage_curve(p, stands, len(decided)),
        "auto": None if (lane := best_lane(p, stands)) is None else lane.to_dict(),
    }


# --- what is written --------------------------------------------------------------------------------------------------


def _about(files: list[Path], notes: list[ReadNote]) -> dict[str, Any]:
    import numpy
    import scipy
    import sklearn
    import skops
    import spacy

    return {
        "name": NAME,
        "version": __version__,
        "rules": load_rules().digest,
        "data": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "notes": len(notes),
        "features": list(NAMES),
        "signs": list(SIGNS),
        "note_features": list(note_level.NAMES),
        "settings": {"C": HEAD_C, "note_C": NOTE_C, "seed": SEED, "targets": list(TARGETS), "confidence": CONFIDENCE},
        "libraries": {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                      "scikit-learn": sklearn.__version__, "skops": skops.__version__, "spacy": spacy.__version__},
    }  # fmt: skip


def write_model(out: Path, manifest: dict[str, Any], head: Any, decided: list[HeldOut]) -> None:
    """Write heads, manifest and card.

    Parameters
    ----------
    out : Path
        Folder to write to, made when missing.
    manifest : dict
        What is known of the model; the hashes, weights and calibration are added.
    head : VeinHead
        The fitted vein head.
    decided : list of HeldOut
        The held-out notes that the note head and its curve are fitted to.
    """
    note_head, curve = final_note_head(decided)
    data = {MODEL_FILE: stable_dump(head)} | ({NOTE_FILE: stable_dump(note_head)} if note_head is not None else {})
    manifest["sha256"] = hashlib.sha256(data[MODEL_FILE]).hexdigest()
    manifest["weights"], manifest["base"] = _weights(head, NAMES), round(float(head.intercept_[0]), 4)
    if note_head is not None:
        manifest["note_sha256"] = hashlib.sha256(data[NOTE_FILE]).hexdigest()
        manifest["note_weights"] = _weights(note_head, note_level.NAMES)
        manifest["note_base"] = round(float(note_head.intercept_[0]), 4)
    manifest["calibration"] = None if curve is None else curve.to_dict()
    manifest["auto"] = manifest["figures"]["notes"].get("auto")
    out.mkdir(parents=True, exist_ok=True)
    (out / NOTE_FILE).unlink(missing_ok=True)
    for name, content in data.items():
        (out / name).write_bytes(content)
    write_manifest(out, manifest)
    (out / CARD_FILE).write_text(card(manifest), encoding="utf-8")


def write_manifest(out: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a model folder."""
    (out / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _weights(head: Any, names: tuple[str, ...]) -> dict[str, float]:
    return {n: round(float(w), 4) for n, w in zip(names, head.coef_[0], strict=True)}


@dataclass(slots=True)
class _Renumbered:
    """Object ids of this process, in the order met, so that a file does not depend on the process."""

    seen: dict[int, int]

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {k: self.seen.setdefault(v, len(self.seen)) if k == "__id__" else v for k, v in pairs}


def stable_dump(estimator: Any) -> bytes:
    """A skops archive that is the same, byte for byte, whenever the estimator is the same.

    Parameters
    ----------
    estimator : Any
        What to store.

    Returns
    -------
    bytes
    """
    import skops.io

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as old, zipfile.ZipFile(out, "w") as new:
        schema = json.loads(old.read("schema.json"), object_pairs_hook=_Renumbered({}))
        files = {n: old.read(n) for n in old.namelist() if n != "schema.json"}
        names = {n: f"{i}{Path(n).suffix}" for i, n in enumerate(files)}
        text = json.dumps(schema)
        for name, other in names.items():
            text = text.replace(json.dumps(name), json.dumps(other))
        for name, content in [*((names[n], c) for n, c in files.items()), ("schema.json", text.encode())]:
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
