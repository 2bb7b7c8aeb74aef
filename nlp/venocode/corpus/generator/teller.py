"""Telling: a rule of the grammar, the veins it is about and the words it needs become one marked sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from venocode.corpus.generator.grammar import Choice, Facts, Grammar, Number, Slot, Template, load_grammar
from venocode.corpus.generator.naming import TERSE, Namer
from venocode.corpus.generator.scenario import CIRCUITS, Fact, Scenario, Vein

NO_VEINS: Mapping[str, Sequence[Vein]] = {}
NO_WORDS: Mapping[str, str] = {}
STOPS = re.compile(r"[,;:]+(?=[.;])|\.(?=[,.])")
ARTICLE = re.compile(r"\b([Aa]) (?=(?:<<[^|]*\|)?(?:8|11\b|18\b|[aeioAEIO]))")
FIRST = re.compile(r"^(<<[^|]*\|)?([a-z])")
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


class Teller:
    """The voice of one note: what it may say, how it names veins, and its chance.

    Parameters
    ----------
    scenario : Scenario
        What happened.
    voice : str
        Who tells it.
    rng : random.Random
        Source of chance.
    """

    def __init__(self, scenario: Scenario, voice: str, rng: random.Random) -> None:
        self.scenario = scenario
        self.voice = voice
        self.rng = rng
        self._grammar: Grammar = load_grammar()
        veins = [f.vein for f in scenario.facts] + [(x.vessel, x.side) for x in scenario.sites]
        self._namer = Namer(rng, voice, veins)
        self._facts = _facts_of(scenario)
        self._words = _words_of(scenario)
        self._lower = voice in TERSE and rng.random() < 0.5

    def say(
        self,
        rule: str,
        veins: Mapping[str, Sequence[Vein]] = NO_VEINS,
        words: Mapping[str, str] = NO_WORDS,
        facts: Facts = frozenset(),
    ) -> str:
        """One marked sentence, with no capital and no full stop.

        Parameters
        ----------
        rule : str
            Rule of the grammar.
        veins : mapping
            Veins for the slots of the templates ("vein", "next", "first" ...).
        words : mapping
            Words for the other slots.
        facts : frozenset of str
            What holds of this sentence, beside what holds of the note.

        Returns
        -------
        str
        """
        out: list[str] = []
        production = self._grammar.choose(rule, self.voice, self._facts | facts, self.rng)
        self._expand(production.template, veins, {**self._words, **words}, self._facts | facts, out)
        return tidy("".join(out))

    def about(self, rule: str, fact: Fact, slot: str = "vein", **words: str) -> str:
        """One sentence on one vein: :meth:`say` with what is known of it."""
        return self.say(rule, {slot: (fact.vein,)}, words_of(fact) | words, facts_of(fact))

    def chance(self, p: float) -> bool:
        """True with probability ``p``."""
        return self.rng.random() < p

    def sentence(self, text: str) -> str:
        """Capital and full stop, as the voice writes them."""
        if not self._lower:
            text = FIRST.sub(lambda m: (m.group(1) or "") + m.group(2).upper(), text)
        if text.endswith((".", ":", "?")):
            return text
        return text + ("" if self.voice in TERSE and self._lower else ".")

    def phrase(self, vein: Vein, role: str) -> str:
        """A vein phrase by itself."""
        return self._namer.phrase((vein,), role, article=False)

    def _expand(
        self,
        template: Template,
        veins: Mapping[str, Sequence[Vein]],
        words: Mapping[str, str],
        facts: Facts,
        out: list[str],
    ) -> None:
        for part in template:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Slot):
                self._fill(part, veins, words, facts, out)
            elif isinstance(part, Choice):
                option = part.options[int(self.rng.random() * len(part.options))]
                self._expand(option, veins, words, facts, out)
            else:
                out.append(str(_number(part, self.rng)))

    def _fill(
        self, slot: Slot, veins: Mapping[str, Sequence[Vein]], words: Mapping[str, str], facts: Facts, out: list[str]
    ) -> None:
        if slot.attribute:
            article = slot.word.startswith("the ")
            group = veins[slot.word[4:] if article else slot.word]
            out.append(self._namer.phrase(group, slot.attribute, article))
        elif slot.word in words:
            out.append(words[slot.word])
        else:
            production = self._grammar.choose(slot.word, self.voice, facts, self.rng)
            self._expand(production.template, veins, words, facts, out)


def _number(part: Number, rng: random.Random) -> int:
    return part.low + part.step * int(rng.random() * ((part.high - part.low) // part.step + 1))


def tidy(text: str) -> str:
    """Spaces, stops and articles put right where a piece was left empty or begins with a vowel."""
    text = text.strip()
    while "  " in text:
        text = text.replace("  ", " ")
    for stop in ".,;:":
        text = text.replace(f" {stop}", stop)
    return ARTICLE.sub(r"\1n ", STOPS.sub("", text))


def _facts_of(s: Scenario) -> Facts:
    holds = {
        "fluoro": s.fluoroscopy, "sized": s.sized, "result": s.result, "sited": bool(s.sites), "female": s.female,
        "lesion": all(f.lesion_told for f in s.facts), "ballooned": bool(s.doing("ballooned")),
    }  # fmt: skip
    return s.known | {s.setting} | {name for name, told in holds.items() if told}


def _words_of(s: Scenario) -> dict[str, str]:
    circuit = next((x.vessel for x in s.sites if x.vessel in CIRCUITS), "fistula")
    side = s.side if s.side != "unknown" else ""
    return {
        "was": "was", "was_next": "was", "side": side, "side_word": side, "circuit": circuit, "age": str(s.age),
        "circuit_short": {"fistula": "AVF", "graft": "AVG"}[circuit], "man": "woman" if s.female else "man",
        "sex": "F" if s.female else "M", "he": "she" if s.female else "he", "He": "She" if s.female else "He",
        "diameter": str(s.facts[0].balloon) if s.facts else "12", "percent": "70", "residual": "10", "length": "2",
    }  # fmt: skip


def facts_of(fact: Fact) -> Facts:
    """What holds of a sentence on this vein."""
    found = {fact.around, fact.act}
    if fact.lesion is not None:
        found.add(fact.lesion.kind)
    if fact.vein[0].endswith("_artery"):
        found.add("artery")
    return frozenset(found)


def words_of(fact: Fact) -> dict[str, str]:
    """The numbers of this vein."""
    words = {"diameter": str(fact.balloon), "residual": str(fact.residual)}
    if fact.lesion is not None:
        words |= {"percent": str(fact.lesion.percent), "length": str(fact.lesion.length)}
    return words
