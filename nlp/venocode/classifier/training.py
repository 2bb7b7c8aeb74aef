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
from typing import Any

from venocode import __version__
from venocode.classifier.features import NAMES, features, rules_probability
from venocode.classifier.model import CARD_FILE, MANIFEST_FILE, MODEL_FILE
from venocode.corpus import GoldNote, read_notes
from venocode.errors import CorpusError
from venocode.findings import note_facts, vein_findings
from venocode.pipes.analysis import analysis_of

#: Reasons of the gold record under which the vein *was* ballooned, though it earns nothing.
BALLOONED = frozenset({"dialysis_circuit", "all_inclusive", "bridged", "special"})
#: Reasons that do not say whether a balloon was used in the vein.
UNTOLD = frozenset({"stent_same_vein"})
SEED = 20240101


@dataclass(frozen=True, slots=True)
class Example:
    """One vein of one note."""

    voice: str
    note_id: str
    row: tuple[float, ...]
    label: int
    baseline: float


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
        When there are no notes or one is marked wrongly.
    """
    import skops.io

    files = sorted((corpora / "notes").glob("*.notes"))
    if not files:
        raise CorpusError(f"no *.notes files under {corpora / 'notes'}; give the folder that holds 'notes'")
    examples = list(_examples(files))
    figures = cross_validate(examples)
    estimator = new_estimator()
    estimator.fit([e.row for e in examples], [e.label for e in examples])
    data = skops.io.dumps(estimator)
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(data)
    manifest = _manifest(files, data, examples, figures, estimator)
    (out / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (out / CARD_FILE).write_text(_card(manifest), encoding="utf-8")
    return figures


def new_estimator() -> Any:
    """The unfitted head: logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000, random_state=SEED))


def _examples(files: list[Path]) -> Iterator[Example]:
    from venocode.counting import load_policy
    from venocode.engine import Engine

    engine = Engine(load_policy(), None)
    for path in files:
        for note in read_notes(path):
            yield from note_examples(engine, note, path.stem)


def note_examples(engine: Any, note: GoldNote, voice: str) -> Iterator[Example]:
    """The veins of one note that the pipes found, with the gold label "ballooned in this session"."""
    _, doc = engine.analyse(note.text)
    analysis = analysis_of(doc)
    facts = note_facts(analysis)
    treated = {(v["vein"], v["side"]) for v in note.gold["treated_veins"]}
    why = {(v["vein"], v["side"]): v["why"] for v in note.gold["not_counted"]}
    for finding in vein_findings(analysis):
        reason = why.get(finding.vein)
        if reason in UNTOLD:
            continue
        label = int(finding.vein in treated or reason in BALLOONED)
        yield Example(voice, note.note_id, tuple(features(finding, facts)), label, rules_probability(finding, facts))


def cross_validate(examples: list[Example]) -> dict[str, Any]:
    """Leave one voice out: log loss, Brier score and share of veins right, for the head and for the rules alone."""
    from sklearn.metrics import brier_score_loss, log_loss

    voices = sorted({e.voice for e in examples})
    truth: list[int] = []
    head: list[float] = []
    rules: list[float] = []
    by_voice: dict[str, Any] = {}
    for voice in voices:
        fit = [e for e in examples if e.voice != voice]
        held = [e for e in examples if e.voice == voice]
        estimator = new_estimator()
        estimator.fit([e.row for e in fit], [e.label for e in fit])
        p = [float(x) for x in estimator.predict_proba([e.row for e in held])[:, 1]]
        y = [e.label for e in held]
        by_voice[voice] = {"veins": len(y), "head": _right(y, p), "rules": _right(y, [e.baseline for e in held])}
        truth += y
        head += p
        rules += [e.baseline for e in held]
    return {
        "veins": len(truth),
        "ballooned": sum(truth),
        "head": {"log_loss": round(log_loss(truth, head), 4), "brier": round(brier_score_loss(truth, head), 4),
                 "right": _right(truth, head)},
        "rules": {"log_loss": round(log_loss(truth, rules), 4), "brier": round(brier_score_loss(truth, rules), 4),
                  "right": _right(truth, rules)},
        "by_voice": by_voice,
    }  # fmt: skip


def _right(truth: list[int], probabilities: list[float]) -> float:
    return round(sum((p >= 0.5) == bool(y) for y, p in zip(truth, probabilities, strict=True)) / len(truth), 4)


def _manifest(files: list[Path], data: bytes, examples: list[Example], figures: dict[str, Any], estimator: Any) -> dict[str, Any]:
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
        "notes": len({e.note_id for e in examples}),
        "features": list(NAMES),
        "weights": {n: round(float(w), 3) for n, w in zip(NAMES, weights, strict=True)},
        "seed": SEED,
        "figures": figures,
        "libraries": {"python": platform.python_version(), "numpy": numpy.__version__, "scikit-learn": sklearn.__version__,
                      "skops": skops.__version__, "spacy": spacy.__version__},
    }  # fmt: skip


def _card(manifest: dict[str, Any]) -> str:
    figures = manifest["figures"]
    rows = "\n".join(
        f"| {voice} | {f['veins']} | {f['head']:.3f} | {f['rules']:.3f} |" for voice, f in figures["by_voice"].items()
    )
    return f"""# Model card: vein-head {manifest["version"]}

**What it does.** For every vein of a note it gives the probability that a balloon was inflated in it, in this session, to
widen a narrowing. It does not count, apply the coding policy or read text: it weighs {len(manifest["features"])} named
features of the findings (`nlp/venocode/classifier/features.py`; weights in `manifest.json`).

**How.** Logistic regression on standardised features, scikit-learn {manifest["libraries"]["scikit-learn"]}, seed
{manifest["seed"]}; stored with skops. Rebuilt by `venocode train`.

**Data.** {manifest["notes"]} invented, hand-marked notes under `corpora/notes` ({figures["veins"]} veins,
{figures["ballooned"]} of them ballooned). No patient data. The rules were written while looking at these notes, so the
figures below are development figures: they are optimistic for notes of other authors.

**Figures** (leave one voice out; share of veins decided rightly, log loss, Brier score):

| | right | log loss | Brier |
|---|---|---|---|
| head | {figures["head"]["right"]:.3f} | {figures["head"]["log_loss"]:.3f} | {figures["head"]["brier"]:.3f} |
| rules only | {figures["rules"]["right"]:.3f} | {figures["rules"]["log_loss"]:.3f} | {figures["rules"]["brier"]:.3f} |

| voice held out | veins | head | rules only |
|---|---|---|---|
{rows}

**Not for.** Billing without a person's look at notes outside the `auto` lane; languages other than English; arteries.
"""
