"""Cross-validation by author voice: heads and baselines on the same notes, and the note head on held-out decisions.

Whatever is measured on a note was fitted without any note of its author. The note head is nested: for a held-out voice
it learns from decisions on the other voices that were themselves made without the voice decided on, or the held-out one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from venocode.classifier.calibration import Curve, fit_curve
from venocode.classifier.features import SIGNS
from venocode.classifier.gold import Example, ReadNote
from venocode.classifier.head import VeinHead
from venocode.classifier.note import SIGNS as NOTE_SIGNS
from venocode.classifier.note import note_features
from venocode.counting import CountedNote, count
from venocode.counting.count import lane

SEED = 20240101
#: Inverse strength of the penalty of the shipped heads.
HEAD_C, NOTE_C = 0.05, 0.03
RESAMPLES = 1000
#: Fits on notes, gives the probability of every vein of a note.
Scorer = Callable[[ReadNote], list[float]]
Learner = Callable[[list[ReadNote]], Scorer]


def new_head() -> VeinHead:
    """The unfitted vein head that is shipped."""
    return VeinHead(C=HEAD_C, signs=list(SIGNS))


def new_note_head() -> VeinHead:
    """The unfitted note head that is shipped."""
    return VeinHead(C=NOTE_C, signs=list(NOTE_SIGNS))


def fit_head(notes: Iterable[ReadNote], make: Callable[[], Any] = new_head) -> Any:
    """A head fitted to the labelled veins of the notes."""
    known = [e for n in notes for e in n.known]
    return make().fit([e.row for e in known], [e.label for e in known])


def decide(note: ReadNote, probabilities: Sequence[float]) -> CountedNote:
    """The veins of a note as the policy counts them with these probabilities."""
    return count(note.case, {e.vein: p for e, p in zip(note.examples, probabilities, strict=True)})


def units_right(note: ReadNote, counted: int) -> bool:
    """Whether codes and units are those of the gold."""
    return (min(counted, 1), max(counted - 1, 0)) == note.units


# --- heads and baselines ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candidate says of one held-out note: probabilities of the labelled veins, and what it counts."""

    voice: str
    labels: tuple[int, ...]
    probabilities: tuple[float, ...]
    units: bool
    exact: bool


def learned(make: Callable[[], Any]) -> Learner:
    """A candidate that fits an estimator."""

    def learn(notes: list[ReadNote]) -> Scorer:
        head = fit_head(notes, make)

        def score(note: ReadNote) -> list[float]:
            rows = [e.row for e in note.examples]
            return [float(p) for p in head.predict_proba(rows)[:, 1]] if rows else []

        return score

    return learn


def rules_only(notes: list[ReadNote]) -> Scorer:
    """The rules with their fixed probabilities."""
    return lambda note: [e.rules for e in note.examples]


def by_rate(key: Callable[[Example], Any]) -> Learner:
    """The share of ballooned veins among those alike in one respect, from the other voices."""

    def learn(notes: list[ReadNote]) -> Scorer:
        found: dict[Any, list[int]] = {}
        for e in (e for n in notes for e in n.known):
            found.setdefault(key(e), []).append(int(e.label or 0))
        rates = {k: (sum(v) + 1) / (len(v) + 2) for k, v in found.items()}
        return lambda note: [rates.get(key(e), 0.5) for e in note.examples]

    return learn


def _proposal(example: Example) -> str:
    return example.proposal


def _naive(example: Example) -> bool:
    return example.naive


def candidates() -> dict[str, Learner]:
    """Every head and baseline that is compared, by name."""
    from sklearn.ensemble import HistGradientBoostingClassifier as Boosting
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def boosted(leaves: int) -> Callable[[], Any]:
        return lambda: Boosting(
            max_leaf_nodes=leaves, learning_rate=0.05, max_iter=100, min_samples_leaf=5, l2_regularization=1.0,
            monotonic_cst=list(SIGNS), random_state=SEED,
        )  # fmt: skip

    def plain(C: float) -> Callable[[], Any]:
        return lambda: make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=2000))

    def signed(C: float) -> Callable[[], Any]:
        return lambda: VeinHead(C=C, signs=list(SIGNS))

    out: dict[str, Learner] = {
        "naive": by_rate(_naive), "rules only": rules_only, "rules, rates learned": by_rate(_proposal),
        "shipped head": learned(new_head),
    }  # fmt: skip
    out |= {f"signed logistic, C={C}": learned(signed(C)) for C in (0.01, 0.1, 1.0)}
    out |= {f"free logistic, C={C}": learned(plain(C)) for C in (0.01, 0.1, 1.0)}
    return out | {f"boosting, {n} leaves": learned(boosted(n)) for n in (2, 4, 8)}


def outcomes(notes: list[ReadNote], name: str, learner: Learner) -> list[Outcome]:
    """What a candidate says of every note, learned from the other voices only."""
    out = []
    for voice in voices(notes):
        score = learner([n for n in notes if n.voice != voice])
        for note in (n for n in notes if n.voice == voice):
            p = score(note)
            counted = _naively(note) if name == "naive" else {d.finding.vein for d in decide(note, p).counted}
            known = [(e.label, x) for e, x in zip(note.examples, p, strict=True) if e.label is not None]
            labels, chances = tuple(y for y, _ in known), tuple(x for _, x in known)
            out.append(Outcome(voice, labels, chances, units_right(note, len(counted)), counted == note.treated))
    return out


def _naively(note: ReadNote) -> set[tuple[str, str]]:
    """Every vein in a sentence with an angioplasty word, whatever the policy says."""
    return {e.vein for e in note.examples if e.naive}


def voices(notes: Iterable[ReadNote]) -> list[str]:
    """The voices of the notes, sorted."""
    return sorted({n.voice for n in notes})


# --- figures ----------------------------------------------------------------------------------------------------------


def figures(found: Sequence[Outcome]) -> dict[str, Any]:
    """Log loss, Brier score, veins right and shares of right notes, with 95 % intervals.

    Intervals of log loss come from a bootstrap over notes, those of the shares of notes are Wilson's.
    """
    pairs = [(y, p) for o in found for y, p in zip(o.labels, o.probabilities, strict=True)]
    n = len(found)
    return {
        "notes": n,
        "veins": len(pairs),
        "ballooned": sum(y for y, _ in pairs),
        "log_loss": _mean([_loss(y, p) for y, p in pairs]),
        "log_loss_ci": _bootstrap(found),
        "brier": _mean([(p - y) ** 2 for y, p in pairs]),
        "right": _mean([(p >= 0.5) == bool(y) for y, p in pairs]),
        "case_exact": _mean([o.units for o in found]),
        "case_exact_ci": wilson(sum(o.units for o in found), n),
        "veins_exact": _mean([o.exact for o in found]),
    }


def _loss(y: int, p: float) -> float:
    return -math.log(min(max(p if y else 1.0 - p, 1e-9), 1.0))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def wilson(k: int, n: int, z: float = 1.959964) -> list[float]:
    """Wilson's 95 % interval of a share."""
    if not n:
        return [0.0, 1.0]
    p, d = k / n, 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    middle = (p + z * z / (2 * n)) / d
    return [round(max(middle - half, 0.0), 4), round(min(middle + half, 1.0), 4)]


def _bootstrap(found: Sequence[Outcome], against: Sequence[Outcome] | None = None) -> list[float]:
    """95 % interval of the mean log loss, or of its difference to other outcomes on the same notes."""
    loss, size = _sums(found), np.array([max(len(o.labels), 0) for o in found])
    if against is not None:
        loss = loss - _sums(against)
    if not size.sum():
        return [0.0, 0.0]
    picks = np.random.default_rng(SEED).integers(0, len(found), (RESAMPLES, len(found)))
    means = loss[picks].sum(axis=1) / np.maximum(size[picks].sum(axis=1), 1)
    return [round(float(q), 4) for q in np.quantile(means, [0.025, 0.975])]


def _sums(found: Sequence[Outcome]) -> Any:
    return np.array([sum(map(_loss, o.labels, o.probabilities)) for o in found])


def difference(found: Sequence[Outcome], against: Sequence[Outcome]) -> dict[str, Any]:
    """How a candidate differs from another on the same notes: log loss with its interval, notes won and lost."""
    veins = sum(len(o.labels) for o in found)
    return {
        "log_loss": round(float((_sums(found) - _sums(against)).sum()) / max(veins, 1), 4),
        "log_loss_ci": _bootstrap(found, against),
        "notes_won": sum(a.units and not b.units for a, b in zip(found, against, strict=True)),
        "notes_lost": sum(b.units and not a.units for a, b in zip(found, against, strict=True)),
    }


def compare(notes: list[ReadNote]) -> dict[str, dict[str, Any]]:
    """Every head and baseline, cross-validated by voice, with its difference to the rules alone.

    Parameters
    ----------
    notes : list of ReadNote
        Notes of at least two voices.

    Returns
    -------
    dict of str to dict
        Figures by name of the candidate.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # samples this small are slowed down by threads
        found = {name: outcomes(notes, name, learner) for name, learner in candidates().items()}
    rules = found["rules only"]
    return {name: figures(o) | {"to_rules": difference(o, rules)} for name, o in found.items()}


# --- the note head ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One note decided without its author: features of the note head, its log-odds, and whether it came out right.

    ``flagged``: a flag keeps it from ``auto`` whatever its probability. ``stands``: codes and units are right and the
    gold does not ask for a person.
    """

    note_id: str
    voice: str
    row: tuple[float, ...]
    log_odds: float
    right: bool
    flagged: bool
    stands: bool


def held_out(notes: list[ReadNote]) -> list[HeldOut]:
    """Every note as vein head and note head see it without its author's voice; nested.

    Parameters
    ----------
    notes : list of ReadNote
        Notes of at least two voices.

    Returns
    -------
    list of HeldOut
        In the order of the voices.
    """
    heads: dict[frozenset[str], Any] = {}

    def without(*left_out: str) -> Any:
        key = frozenset(left_out)
        if key not in heads:
            heads[key] = fit_head(n for n in notes if n.voice not in key)
        return heads[key]

    found: list[HeldOut] = []
    names = voices(notes)
    for voice in names:
        train = [_judge(n, without(voice, n.voice)) for n in notes if n.voice != voice]
        head = fit_note_head(train)
        for note in (n for n in notes if n.voice == voice):
            row, right, flagged, stands = _judge(note, without(voice))
            odds = float(head.decision_function([row])[0]) if head is not None else 0.0
            found.append(HeldOut(note.note_id, voice, row, odds, right, flagged, stands))
    return found


Judged = tuple[tuple[float, ...], bool, bool, bool]


def _judge(note: ReadNote, head: Any) -> Judged:
    """Features of the note head, whether codes and units are right, flagged, and whether it may stand by itself."""
    rows = [e.row for e in note.examples]
    counted = decide(note, [float(p) for p in head.predict_proba(rows)[:, 1]] if rows else [])
    return judged(note, counted)


def judged(note: ReadNote, counted: CountedNote) -> Judged:
    """One decided note beside its gold."""
    right = units_right(note, len(counted.counted))
    flagged = lane([name for name, _ in counted.flags], 1.0, 0.0) != "auto"
    return tuple(note_features(counted, note.case)), right, flagged, right and not note.review


def fit_note_head(train: Sequence[Judged]) -> Any:
    """The note head fitted to decided notes; None where all came out alike.

    Its base is set so that the mean note has even odds: how often notes are right at all is left to the curve. A
    held-out voice would otherwise be judged by the level of the others, which lies on the far side of its own.
    """
    rows, right = [row for row, _, _, _ in train], [int(ok) for _, ok, _, _ in train]
    if len(set(right)) < 2:
        return None
    head = new_note_head().fit(rows, right)
    head.intercept_ = -head.coef_ @ np.mean(rows, axis=0)
    return head


def final_note_head(found: Sequence[HeldOut]) -> tuple[Any, Curve | None]:
    """The note head on all held-out decisions, and the curve from the log-odds of the nested heads."""
    head = fit_note_head([(h.row, h.right, h.flagged, h.stands) for h in found])
    return head, fit_curve([h.log_odds for h in found], [h.right for h in found]) if head is not None else None
