"""Which author voices train, develop and judge: ``corpora/splits.json``.

Every ``.notes`` file is one author's voice. Notes of one voice resemble each other, so a split never divides a file::

    {"train": ["ir", "traps"], "development": [], "held_out": []}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from venocode.errors import CorpusError

SPLITS = ("train", "development", "held_out")


def read_splits(path: Path) -> Mapping[str, tuple[str, ...]]:
    """The voices of every split.

    Parameters
    ----------
    path : Path
        A JSON file with the keys ``SPLITS``, each a list of file names without suffix.

    Returns
    -------
    mapping of str to tuple of str

    Raises
    ------
    CorpusError
        When the file cannot be read, a split is missing or unknown, or a voice stands twice.
    """
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: not readable as JSON ({type(error).__name__}); write the splits there") from None
    if not isinstance(splits, dict) or set(splits) != set(SPLITS):
        raise CorpusError(f"{path.name}: needs exactly the keys {', '.join(SPLITS)}; write [] for an empty split")
    for name, voices in splits.items():
        if not isinstance(voices, list) or not all(isinstance(voice, str) for voice in voices):
            raise CorpusError(f"{path.name}: {name} must be a list of file names without suffix")
    twice = [voice for voice, n in Counter(voice for voices in splits.values() for voice in voices).items() if n > 1]
    if twice:
        raise CorpusError(f"{path.name}: {', '.join(twice)} stands twice; one split holds a voice")
    return {name: tuple(splits[name]) for name in SPLITS}


def split_files(corpora: Path) -> Mapping[str, tuple[Path, ...]]:
    """The ``.notes`` files of every split.

    Parameters
    ----------
    corpora : Path
        The directory that holds ``splits.json`` and ``notes/*.notes``.

    Returns
    -------
    mapping of str to tuple of Path

    Raises
    ------
    CorpusError
        When the splits cannot be read, name a file that is not there, or leave one out.
    """
    splits = read_splits(corpora / "splits.json")
    there = {path.stem: path for path in sorted((corpora / "notes").glob("*.notes"))}
    named = {voice for voices in splits.values() for voice in voices}
    if gone := sorted(named - set(there)):
        raise CorpusError(f"splits.json: no file notes/{gone[0]}.notes; remove the name or add the file")
    if left := sorted(set(there) - named):
        raise CorpusError(f"splits.json: notes/{left[0]}.notes is in no split; put it into one of {', '.join(SPLITS)}")
    return {name: tuple(there[voice] for voice in voices) for name, voices in splits.items()}
