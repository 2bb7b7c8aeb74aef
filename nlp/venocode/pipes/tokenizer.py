"""A small linear tokenizer: words, numbers, line borders and single signs.

A word is looked up in the vocabulary once: its hash, and the spelling it is read as, are kept for every later note.
Operative notes glue what spaCy's English tokenizer keeps together or splits by exception lists ("8x40", "PTA'd",
"CIV/EIV", "post-dilated"). Here a token is a run of letters and digits, a decimal number, one line border or one
sign, so that a rule file's phrases and a note are always cut alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from venocode.pipes.analysis import Analysis, attach
from venocode.pipes.normalizer import normalise

#: A token with the one space behind it. Words that begin with a letter come first: they are most of a text.
PIECE = r"(?:{letter}{word}*|[^\w\s]|\d+\.\d+|\d+(?=mm\b|cm\b|atm\b|Fr\b|F\b)|{word}+|_+)(?: (?![^\S\n]))?|\n|[^\S\n]+"
ANY_PIECE = re.compile(PIECE.format(letter=r"[^\W\d_]", word=r"[^\W_]"))
#: The same for ASCII texts: "re" reads a set of plain characters faster than a class of Unicode.
ASCII_PIECE = re.compile(PIECE.format(letter="[A-Za-z]", word="[A-Za-z0-9]"))
MOST_PIECES = 200_000


class _Pieces(dict[str, tuple[str, int, bool, str]]):
    """Every piece met so far: its word, the hash of it, whether a space follows, and the spelling it is read as."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __missing__(self, piece: str) -> tuple[str, int, bool, str]:
        if len(self) >= MOST_PIECES:
            self.clear()
        word = piece[:-1] if piece[-1] == " " and not piece.isspace() else piece
        norm, lexeme = normalise(word), self.vocab[word]
        lexeme.norm_ = norm
        found = self[piece] = (word, lexeme.orth, word is not piece, norm)
        return found


class NoteTokenizer:
    """Cut a text into tokens whose concatenation is the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self._pieces = _Pieces(vocab)

    def __call__(self, text: str) -> Doc:
        pieces = (ASCII_PIECE if text.isascii() else ANY_PIECE).findall(text)
        if not pieces:
            return Doc(self.vocab)
        words, orths, spaced, norms = map(list, zip(*map(self._pieces.__getitem__, pieces), strict=True))
        doc = Doc(self.vocab, words=orths, spaces=spaced)
        starts = list(accumulate(map(len, pieces[:-1]), initial=0))
        attach(doc, Analysis(text=text, texts=words, spaced=spaced, starts=starts, norms=norms))
        return doc

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
