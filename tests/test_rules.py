"""Rule files and spelling: what the lexicon holds, and that no word is read as another it must not be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from venocode.anatomy import VESSELS
from venocode.pipes.normalizer import normalise
from venocode.rules import FILES, entries, key_words, load_rules

RULES = load_rules()
SPELLING = RULES["spelling"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def ids(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "id" in node:
            yield node["id"]
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from ids(inner)


def words_of(*kinds: str) -> set[str]:
    return {w for e in entries(RULES) if e.kind in kinds for w in re.findall(r"[a-z]+", e.literal)}


#: Words that name only veins, or only arteries; what both share (subclavian, femoral) needs a head.
VEIN_WORDS = words_of("stem", "full") | set(RULES["veins"]["heads"]["vein"])
ARTERY_WORDS = words_of("artery") | set(RULES["veins"]["heads"]["artery"])
ONLY_VEINS, ONLY_ARTERIES = VEIN_WORDS - ARTERY_WORDS, ARTERY_WORDS - VEIN_WORDS


def one_slip(word: str) -> Iterator[str]:
    """Every word one letter away: dropped, added, changed or swapped."""
    for i in range(len(word) + 1):
        for c in LETTERS:
            yield word[:i] + c + word[i:]
            yield word[:i] + c + word[i + 1 :]
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :]


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_every_file_loads(self, name: str) -> None:
        assert RULES[name]["version"] == 1
        assert len(RULES[name]) > 1

    def test_ids_are_unique_across_files(self) -> None:
        found = Counter(i for name in FILES for i in ids(RULES[name]))
        assert len(found) > 100
        assert [i for i, n in found.items() if n > 1] == []
        assert all(re.fullmatch(r"[A-Z]{2,4}-[A-Z]?\d{2,3}", i) for i in found)

    def test_every_entry_comes_from_a_rule_with_an_id(self) -> None:
        found = {i for name in FILES for i in ids(RULES[name])} | {"SIDE-001", "HEAD-001", "QUAL-001", "QUAL-002"}
        assert {e.rule for e in entries(RULES)} <= found

    def test_every_literal_is_lower_case_text(self) -> None:
        wrong = [
            e.literal
            for e in entries(RULES)
            if not isinstance(e.literal, str) or e.literal != e.literal.lower() or e.literal != e.literal.strip()
        ]
        assert wrong == []
        assert all(e.literal for e in entries(RULES))

    def test_headings_and_spellings_are_lower_case_text(self) -> None:
        found = [*SPELLING["keys"], *SPELLING["guard"], *SPELLING["short"], *SPELLING["short"].values()]
        found += [w for s in RULES["sections"]["sections"] for k in ("headings", "words") for w in s.get(k, ())]
        assert [w for w in found if not isinstance(w, str) or w != w.lower()] == []

    def test_every_named_vessel_is_known(self) -> None:
        assert {e.value[0] for e in entries(RULES) if e.kind in ("full", "artery")} <= VESSELS

    def test_every_policy_rule_has_its_sentence(self) -> None:
        policy = RULES["policy"]["rules"]
        assert list(policy) == [f"P{i}" for i in range(1, 27)]
        assert all(rule["text"].endswith(".") and set(rule["tag"]) <= set("SBI/") for rule in policy.values())

    def test_loading_again_gives_the_same(self) -> None:
        load_rules.cache_clear()
        assert load_rules().digest == RULES.digest


class TestReadRight:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("venoplsty", "venoplasty"),
            ("sublcavian", "subclavian"),
            ("ballon", "balloon"),
            ("f1uoroscopy", "fluoroscopy"),
            ("ang1oplasty", "angioplasty"),
            ("fem0ral", "femoral"),
            ("5tenosis", "stenosis"),
            ("bal|oon", "balloon"),
            ("illiac", "iliac"),
            ("rigth", "right"),
            ("VIEN", "vein"),
            ("Angioplasty", "angioplasty"),
        ],
    )
    def test_typing_slips_and_ocr(self, typed: str, meant: str) -> None:
        assert normalise(typed) == meant

    @pytest.mark.parametrize("typed", ["stenosus", "angioplastiez", "balloonz"])
    def test_a_word_as_near_to_two_key_words_stays(self, typed: str) -> None:
        assert normalise(typed) == typed

    @pytest.mark.parametrize("text", ["12", "14x40", "37248", "2024", "5000", "10", "1", "", "a", "é", "0|5"])
    def test_numbers_and_short_tokens_stay(self, text: str) -> None:
        assert normalise(text) == text


class TestNeverRespelled:
    def test_key_vocabulary(self) -> None:
        assert [w for w in key_words() if normalise(w) != w] == []

    def test_keys_and_guards(self) -> None:
        short = set(SPELLING["short"])
        assert [w for w in {*SPELLING["keys"], *SPELLING["guard"]} - short if normalise(w) != w] == []

    @pytest.mark.parametrize(
        "word",
        "dilator deflated peritoneal interval isolated assessed perineal diluted infected perforated patency residue "
        "collateral lateral unilateral material steatosis supervisor occasional integral bronchial wrist waste pattern "
        "irrigation injection insertion exclusion conclusion depression compression angiography venography histology "
        "thrombosis nephrostomy arthroplasty".split(),
    )
    def test_real_words(self, word: str) -> None:
        assert normalise(word) == word
        assert normalise(word.upper()) == word

    @pytest.mark.parametrize(
        "word",
        "infection inhalation insulation inflicted dilution induction indicator arteriole porta precious waits eternal "
        "auxiliary infernal inflection inflammation isolation indignation indicating predicted predicate prediluted "
        "postulated postdated procedural imprecision brachycephalic hematic planted panned postal legions scents stunts "
        "occludes deplored steatoses basilica interna whist wait myenteric splenetic inseminated infraction innovation".split(),
    )
    def test_real_words_near_a_key_word(self, word: str) -> None:
        assert normalise(word) == word


class TestArteryAndVein:
    def test_the_words_differ(self) -> None:
        assert {"vein", "veins", "jugular", "cava"} <= ONLY_VEINS
        assert {"artery", "arteries", "aorta", "carotid"} <= ONLY_ARTERIES

    def test_no_word_turns_into_the_other(self) -> None:
        assert [w for w in ARTERY_WORDS if normalise(w) in ONLY_VEINS] == []
        assert [w for w in VEIN_WORDS if normalise(w) in ONLY_ARTERIES] == []

    @pytest.mark.parametrize(
        ("own", "other"), [(ONLY_ARTERIES, ONLY_VEINS), (ONLY_VEINS, ONLY_ARTERIES)], ids=["a", "v"]
    )
    def test_no_misspelled_word_turns_into_the_other(self, own: set[str], other: set[str]) -> None:
        known = VEIN_WORDS | ARTERY_WORDS
        slips = {t for w in own if len(w) > 4 for t in one_slip(w) if t[:1] == w[0]} - known
        wrong = {t: normalise(t) for t in slips if normalise(t) in other}
        assert wrong == {}


@st.composite
def misspelled(draw: st.DrawFn) -> str:
    word = draw(st.sampled_from(sorted(key_words() | set(SPELLING["keys"]))))
    for _ in range(draw(st.integers(0, 3))):
        i = draw(st.integers(0, len(word)))
        c = draw(st.sampled_from(LETTERS + "015|"))
        word = draw(st.sampled_from([word[:i] + c + word[i:], word[:i] + c + word[i + 1 :], word[:i] + word[i + 1 :]]))
    return draw(st.sampled_from([word, word.upper(), word.title()]))


@given(st.one_of(misspelled(), st.text(max_size=20)))
@example("Straße")
@example("İLIAC")
def test_normalise_is_idempotent_and_lower(word: str) -> None:
    once = normalise(word)
    assert normalise(once) == once
    assert once == once.lower()


@pytest.mark.parametrize("word", ["1leac", "i1eac"])
def test_normalise_is_idempotent_through_ocr(word: str) -> None:
    assert normalise(normalise(word)) == normalise(word)


@given(misspelled())
def test_a_word_is_only_read_as_itself_its_letters_or_a_known_word(word: str) -> None:
    known = key_words() | set(SPELLING["keys"]) | set(SPELLING["guard"]) | set(SPELLING["short"].values())
    assert normalise(word) in known | {word.lower()}
