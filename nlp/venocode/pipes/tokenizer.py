"""A small linear tokenizer: words, numbers, line borders and single signs.

Operative notes glue what spaCy's English tokenizer keeps together or splits by exception lists ("8x40", "PTA'd",
"CIV/EIV", "post-dilated"). Here a token is a run of letters and digits, a decimal number, one line border or one
sign, so that a rule file's phrases and a note are always cut alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

TOKEN = re.compile(r"\d+\.\d+|\d+(?=mm\b|cm\b|atm\b|Fr\b|F\b)|[^\W_]+|\n|[^\S\n]+|[^\w\s]|_+")


class NoteTokenizer:
    """Cut a text into tokens whose concatenation is the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in TOKEN.findall(text):
            if piece == " " and words and not spaces[-1] and words[-1] != "\n":
                spaces[-1] = True
            elif piece == " ":
                words.append(" ")
                spaces.append(False)
            else:
                words.append(piece)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)

    def pipe(self, texts: Iterable[str], batch_size: int = 1000) -> Iterator[Doc]:
        """Tokenise texts one after the other (spaCy's tokenizer interface)."""
        for text in texts:
            yield self(text)

    def to_bytes(self, **kwargs: Any) -> bytes:
        """The tokenizer holds no state."""
        return b""

    def from_bytes(self, data: bytes, **kwargs: Any) -> NoteTokenizer:
        """The tokenizer holds no state."""
        return self

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """The tokenizer holds no state."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> NoteTokenizer:
        """The tokenizer holds no state."""
        return self


@registry.tokenizers("venocode.tokenizer.v1")
def create_tokenizer() -> Callable[[Language], NoteTokenizer]:
    """Factory for a spaCy configuration."""

    def create(nlp: Language) -> NoteTokenizer:
        return NoteTokenizer(nlp.vocab)

    return create
