"""spaCy DocBin (``.spacy``): plain Docs of a blank English pipeline, for training and looking in spaCy.

Marks are the span group ``venocode``; attributes, id, style, phenomena and gold record are one JSON string in
``doc.user_data["venocode"]``. No medspaCy object is in it, for those do not survive serialisation. Tokens are words, single
marks of punctuation and runs of white space, cut where a mark begins or ends, so that the text comes back exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from venocode.corpus.formats.files import content, write_chunks
from venocode.corpus.formats.tokens import PIECE, cut
from venocode.corpus.gold import Draft, GoldNote, draft_of
from venocode.errors import CorpusError

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

KEY = "venocode"


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write one DocBin."""
    from spacy.tokens import DocBin

    vocab = english()
    docs = (to_doc(note, vocab) for note in notes)
    write_chunks([DocBin(docs=docs, store_user_data=True).to_bytes()], out)


def english() -> Vocab:
    """The vocabulary of a blank English pipeline, without building its tokenizer."""
    from spacy.lang.en import English
    from spacy.vocab import create_vocab

    return create_vocab("en", English.Defaults)


def to_doc(note: GoldNote, vocab: Vocab) -> Doc:
    """One note as a plain Doc.

    Parameters
    ----------
    note : GoldNote
        The note.
    vocab : spacy.vocab.Vocab
        Vocabulary for the Doc.

    Returns
    -------
    spacy.tokens.Doc
        With the span group and the user data ``venocode``.
    """
    from spacy.tokens import Doc, Span

    cuts = list(_cuts(note))
    words = [note.text[start:end] for start, end, _ in cuts]
    doc = Doc(vocab, words=words, spaces=[space for _, _, space in cuts])
    first = {start: i for i, (start, _, _) in enumerate(cuts)}
    last = {end: i + 1 for i, (_, end, _) in enumerate(cuts)}
    doc.spans[KEY] = [Span(doc, first[s["start"]], last[s["end"]], label=s["label"]) for s in note.spans]
    record = note.to_dict()
    del record["text"]
    doc.user_data[KEY] = json.dumps(record)
    return doc


def _cuts(note: GoldNote) -> Iterator[tuple[int, int, bool]]:
    """Start and end of every token, and whether a single space follows that is not itself a token."""
    starts = {span["start"] for span in note.spans}
    ends = {span["end"] for span in note.spans}
    held: tuple[int, int] | None = None
    for start, end in cut(PIECE, note.text, note.spans):
        loose = note.text[start:end] == " " and start not in starts and end not in ends
        if held is not None:
            yield *held, loose
        held = None if loose and held is not None else (start, end)
    if held is not None:
        yield *held, False


def read(path: Path) -> Iterator[Draft]:
    """The notes of a DocBin with everything that is wrong with each.

    Raises
    ------
    CorpusError
        When the file is no DocBin.
    """
    from spacy.tokens import DocBin

    try:
        docs = list(DocBin().from_bytes(content(path)).get_docs(english()))
    except CorpusError:
        raise
    except Exception:
        raise CorpusError(f"{path.name}: not a spaCy DocBin; write it with DocBin.to_disk") from None
    for number, doc in enumerate(docs, start=1):
        yield _draft(doc, f"doc {number}")


def _draft(doc: Doc, place: str) -> Draft:
    try:
        record = json.loads(doc.user_data.get(KEY, ""))
    except (TypeError, ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return Draft(place, None, (f"user data '{KEY}' holds no JSON object; store user data with the DocBin",))
    draft = draft_of(record | {"text": doc.text}, place)
    grouped = {(s.start_char, s.end_char, s.label_) for s in doc.spans.get(KEY, ())}
    if draft.note is None or draft.faults or grouped == {(s["start"], s["end"], s["label"]) for s in draft.note.spans}:
        return draft
    return replace(draft, faults=("span group and attributes differ; change both alike",))
