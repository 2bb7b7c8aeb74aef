"""Training of the learned head from marked notes: one command, deterministic.

The data are the hand-marked notes under ``corpora/notes``; every file is one author's voice, and the figures come from
cross-validation grouped by voice, beside the rules-only baseline.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venocode import __version__
from venocode.classifier.features import NAMES, features, rules_probability
from venocode.classifier.model import CARD_FILE, MANIFEST_FILE, MODEL_FILE
from venocode.corpus import GoldNote, read_notes
from venocode.corpus.generate import is_generated
from venocode.counting import count, load_policy
from venocode.counting.count import log_agreement
from venocode.counting.policy import Case
from venocode.errors import CorpusError
from venocode.pipes.analysis import analysis_of

if TYPE_CHECKING:
    from venocode.engine import Engine

#: Reasons of the gold record under which the vein *was* ballooned, though it earns nothing.
BALLOONED = frozenset({"dialysis_circuit", "all_inclusive", "bridged", "special"})
#: A stented vein was ballooned only when the note says so; without it the example is left out.
STENTED = frozenset({"stent_same_vein"})
SEED = 20240101


@dataclass(frozen=True, slots=True)
class Example:
    """One vein of one note; ``label`` is None where the gold does not say whether it was ballooned."""

    vein: tuple[str, str]
    row: tuple[float, ...]
    label: int | None
    baseline: float


@dataclass(frozen=True, slots=True)
class ReadNote:
    """One gold note as the pipes read it."""

    voice: str
    case: Case
    examples: tuple[Example, ...]
    treated: frozenset[tuple[str, str]]
    generated: bool = False

    @property
    def known(self) -> list[Example]:
        """Veins with a label."""
        return [e for e in self.examples if e.label is not None]


def train(corpora: Path, out: Path) -> dict[str, Any]:
    """Fit the head, cross-validate it by voice and write model, manifest and card.

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
    import skops.io

    files = sorted((corpora / "notes").glob("*.notes"))
    if not files:
        raise CorpusError(f"no *.notes files under {corpora / 'notes'}; give the folder that holds 'notes'")
    notes = list(_read(files))
    _check_enough(notes, corpora / "notes")
    figures, calibration = cross_validate(notes)
    estimator = fit([e for n in notes for e in n.known])
    data = skops.io.dumps(estimator)
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(data)
    written = sum(not n.generated for n in notes)
    manifest = _manifest(files, data, written, figures, estimator)
    if written < len(notes):
        manifest["generated"] = len(notes) - written
    manifest["calibration"] = calibration
    (out / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (out / CARD_FILE).write_text(_card(manifest), encoding="utf-8")
    return figures


def _check_enough(notes: list[ReadNote], folder: Path) -> None:
    """Whether every voice can be held out: the notes of the others must show veins of both kinds."""
    if not notes:
        raise CorpusError(
            f"no notes in the *.notes files under {folder}; a note begins with a line '=== id | style | tags'"
        )
    voices = _voices(notes)
    if not voices:
        raise CorpusError(
            f"only generated notes under {folder}; add notes written by hand, which alone are measured on"
        )
    if len(voices) < 2:
        raise CorpusError(
            f"only one voice ({voices[0]}.notes) under {folder}; add a file of another author, so that one can be held out"
        )
    for voice in voices:
        kinds = {e.label for n in notes if n.voice != voice for e in n.known}
        if kinds != {0, 1}:
            raise CorpusError(
                f"too few notes under {folder}: without {voice}.notes no vein that was "
                f"{'not ' if 1 in kinds else ''}ballooned is left to learn from; add notes of other authors"
            )


def _voices(notes: list[ReadNote]) -> list[str]:
    """The voices that can be held out: generated notes train, and no figure is ever taken from them."""
    return sorted({n.voice for n in notes if not n.generated})


def new_estimator() -> Any:
    """The unfitted head: logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, random_state=SEED))


def fit(examples: list[Example]) -> Any:
    """A fitted head."""
    estimator = new_estimator()
    estimator.fit([e.row for e in examples], [e.label for e in examples])
    return estimator


def _read(files: list[Path]) -> Iterator[ReadNote]:
    from venocode.engine import Engine

    engine = Engine(load_policy(), None)
    for path in files:
        for note in read_notes(path):
            yield read_gold(engine, note, path.stem)


def read_gold(engine: Engine, note: GoldNote, voice: str) -> ReadNote:
    """The veins of one gold note that the pipes found, with the label "ballooned in this session"."""
    _, doc = engine.analyse(note.text)
    case = engine.case(analysis_of(doc))
    treated = frozenset((v["vein"], v["side"]) for v in note.gold["treated_veins"])
    why = {(v["vein"], v["side"]): v["why"] for v in note.gold["not_counted"]}
    examples = []
    for f in case.findings:
        reason = why.get(f.vein)
        stented = reason in STENTED
        label = int(f.vein in treated or reason in BALLOONED or stented)
        untold = stented and not f.n("treated", "around")
        examples.append(Example(f.vein, tuple(features(f)), None if untold else label, rules_probability(f)))
    return ReadNote(voice, case, tuple(examples), treated, is_generated(note))


def cross_validate(notes: list[ReadNote]) -> tuple[dict[str, Any], dict[str, float] | None]:
    """Leave one voice out; generated notes may train but are never held out.

    Returns
    -------
    tuple of dict
        Log loss, Brier score and share of veins right for the head and for the rules alone, with the share of notes
        whose counted veins are exactly the gold's; and the calibration curve of the note probability, None where
        all notes or none are exact, so that no curve can be fitted (the note probability is then the plain product).
    """
    from sklearn.metrics import brier_score_loss, log_loss

    truth: list[int] = []
    head: list[float] = []
    rules: list[float] = []
    agreement: list[float] = []
    exact: list[int] = []
    rules_exact: list[int] = []
    by_voice: dict[str, Any] = {}
    for voice in _voices(notes):
        estimator = fit([e for n in notes if n.voice != voice for e in n.known])
        held = [n for n in notes if n.voice == voice and not n.generated]
        first = len(exact)
        y: list[int] = []
        p: list[float] = []
        b: list[float] = []
        for note in held:
            column = estimator.predict_proba([e.row for e in note.examples])[:, 1] if note.examples else []
            scored = [(e, float(x)) for e, x in zip(note.examples, column, strict=True)]
            y += [int(e.label) for e, _ in scored if e.label is not None]
            p += [x for e, x in scored if e.label is not None]
            b += [e.baseline for e, _ in scored if e.label is not None]
            counted = count(note.case, {e.vein: x for e, x in scored})
            agreement.append(log_agreement(counted.veins))
            exact.append(int({c.finding.vein for c in counted.counted} == note.treated))
            plain = count(note.case, {e.vein: e.baseline for e in note.examples})
            rules_exact.append(int({c.finding.vein for c in plain.counted} == note.treated))
        share = sum(exact[first:]) / len(held)
        by_voice[voice] = {"veins": len(y), "head": _right(y, p), "rules": _right(y, b), "notes_exact": round(share, 4)}
        truth, head, rules = truth + y, head + p, rules + b
    figures = {
        "veins": len(truth),
        "ballooned": sum(truth),
        "head": {
            "log_loss": round(log_loss(truth, head), 4),
            "brier": round(brier_score_loss(truth, head), 4),
            "right": _right(truth, head),
            "notes_exact": round(sum(exact) / len(exact), 4),
        },
        "rules": {
            "log_loss": round(log_loss(truth, rules), 4),
            "brier": round(brier_score_loss(truth, rules), 4),
            "right": _right(truth, rules),
            "notes_exact": round(sum(rules_exact) / len(rules_exact), 4),
        },
        "by_voice": by_voice,
    }
    return figures, _curve(agreement, exact)


def _curve(agreement: list[float], exact: list[int]) -> dict[str, float] | None:
    """The logistic curve from the log agreement of a note to the chance that it is exact."""
    from sklearn.linear_model import LogisticRegression

    if len(set(exact)) < 2:
        return None
    curve = LogisticRegression(C=1.0).fit([[x] for x in agreement], exact)
    return {"intercept": round(float(curve.intercept_[0]), 4), "slope": round(float(curve.coef_[0][0]), 4)}


def _right(truth: list[int], probabilities: list[float]) -> float:
    if not truth:  # a voice whose notes name no vein
        return 0.0
    return round(sum((p >= 0.5) == bool(y) for y, p in zip(truth, probabilities, strict=True)) / len(truth), 4)


def _manifest(files: list[Path], data: bytes, notes: int, figures: dict[str, Any], estimator: Any) -> dict[str, Any]:
    import numpy
    import sklearn
    import skops
    import spacy

    weights = estimator[-1].coef_[0]
    return {
        "name": "vein-head",
        "version": __version__,
        "sha256": hashlib.sha256(data).hexdigest(),
        "data": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "notes": notes,
        "features": list(NAMES),
        "weights": {n: round(float(w), 3) for n, w in zip(NAMES, weights, strict=True)},
        "seed": SEED,
        "figures": figures,
        "libraries": {"python": platform.python_version(), "numpy": numpy.__version__, "scikit-learn": sklearn.__version__,
                      "skops": skops.__version__, "spacy": spacy.__version__},
    }  # fmt: skip


def _card(manifest: dict[str, Any]) -> str:
    figures = manifest["figures"]
    made = (
        f" {manifest['generated']} generated notes trained with them; no figure is taken from those."
        if "generated" in manifest
        else ""
    )
    rows = "\n".join(
        f"| {voice} | {f['veins']} | {f['head']:.3f} | {f['rules']:.3f} | {f['notes_exact']:.3f} |"
        for voice, f in figures["by_voice"].items()
    )
    compared = "\n".join(
        f"| {name} | {f['right']:.3f} | {f['log_loss']:.3f} | {f['brier']:.3f} | {f['notes_exact']:.3f} |"
        for name, f in (("head", figures["head"]), ("rules only", figures["rules"]))
    )
    return f"""# Model card: vein-head {manifest["version"]}

**What it does.** For every vein of a note it gives the probability that a balloon was inflated in it, in this session, to
widen a narrowing. It does not count, apply the coding policy or read text: it weighs {len(manifest["features"])} named
features of the findings (`nlp/venocode/classifier/features.py`; weights in `manifest.json`).

**How.** Logistic regression on standardised features, scikit-learn {manifest["libraries"]["scikit-learn"]}, seed
{manifest["seed"]}; stored with skops. Rebuilt by `venocode train`.

**Data.** {manifest["notes"]} invented, hand-marked notes under `corpora/notes` ({figures["veins"]} veins,
{figures["ballooned"]} of them ballooned). No patient data.{made} The rules were written while looking at these notes, so the
figures below are development figures: they are optimistic for notes of other authors.

**Figures** (leave one voice out; share of veins decided rightly, log loss, Brier score, share of notes whose
counted veins are exactly the marked ones):

| | veins right | log loss | Brier | notes exact |
|---|---|---|---|---|
{compared}

| voice held out | veins | head | rules only | notes exact |
|---|---|---|---|---|
{rows}

**Not for.** Billing without a person's look at notes outside the `auto` lane; languages other than English; arteries.
"""
