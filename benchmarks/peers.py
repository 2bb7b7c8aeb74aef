"""Systems that need an environment of their own: EDS-NLP, and spaCy's EntityRuler with negspacy.

``speed.py --peers PYTHON`` starts this file with the interpreter of that environment and talks to it over pipes: first a
line ``{"targets": [[word, label], ...]}``, then for every line ``{"system": name, "notes": [...]}`` a line with the
seconds the notes took, or null where the system is not installed.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

Pipeline = Callable[[str], object]


def eds(targets: list[list[str]]) -> Pipeline:
    """EDS-NLP with its normaliser, sentences, matcher and negation."""
    import edsnlp

    terms: dict[str, list[str]] = {}
    for word, label in targets:
        terms.setdefault(label, []).append(word)
    nlp = edsnlp.blank("eds")
    nlp.add_pipe(
        "eds.normalizer", config={"pollution": False}
    )  # its search for French page noise takes nearly all the time
    nlp.add_pipe("eds.sentences")
    nlp.add_pipe("eds.matcher", config={"terms": terms, "attr": "NORM"})
    nlp.add_pipe("eds.negation")
    return nlp  # type: ignore[no-any-return]


def ruler(targets: list[list[str]]) -> Pipeline:
    """SpaCy's sentencizer and EntityRuler (lower case), with negspacy."""
    import negspacy.negation  # registers "negex"
    import spacy

    assert negspacy.negation
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    found = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    found.add_patterns([{"label": label, "pattern": word} for word, label in targets])
    nlp.add_pipe("negex")
    return nlp


SYSTEMS: dict[str, Callable[[list[list[str]]], Pipeline]] = {
    "EDS-NLP (normaliser, sentences, matcher, negation)": eds,
    "EntityRuler + negspacy": ruler,
}


def seconds(run: Pipeline, notes: list[str]) -> float:
    """Seconds the notes take."""
    start = time.perf_counter()
    for note in notes:
        run(note)
    return time.perf_counter() - start


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    targets = json.loads(sys.stdin.readline())["targets"]
    built: dict[str, Any] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["system"]
        if name not in built:
            try:
                built[name] = SYSTEMS[name](targets)
                built[name]("The left iliac vein.")
            except ImportError:
                built[name] = None
        took = seconds(built[name], asked["notes"]) if built[name] else None
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
