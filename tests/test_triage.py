"""Triage: a note is passed over only where the pipeline finds no code, no flag and the same lane."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from helpers import engine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from venocode.corpus import read_notes
from venocode.engine import Engine
from venocode.pipes.tokenizer import ANY_PIECE
from venocode.rules import entries, load_rules
from venocode.text import read_note
from venocode.triage import Triage, TriageCoder, words_of

ROOT = Path(__file__).parent.parent
#: Words around which notes turn, and what cleaning joins, drops or cuts.
FILLER = (
    "was were the a and of in with to from no not then it at failed crossing 12 mm 14 x 40 8x40 3.5balloon 90 % "
    "patient artery arteries narrowed stenosis patent residual 20 result same size on both sides each side "
    "superior inferior middle common deep left right LEFT either neither veins v. vein lower Page 2 of 3"
).split()
SIGNS = [
    " ",
    " ",
    " ",
    ", ",
    ". ",
    "\n",
    "\n\n",
    "-\n",
    "- \n",
    "/",
    "/\n",
    ".,",
    ": ,",
    "; ",
    " (",
    ") ",
    "\r\n",
    "\f",
    "\t",
]


@cache
def triage() -> Triage:
    return Triage(engine())


@cache
def lexicon() -> tuple[str, ...]:
    """All literals but those of balloons, which would send every note to be read, and a few of those."""
    kinds = {"angioplasty", "not_angioplasty", "balloon", "balloon_brand", "other_balloon"}
    found = [e for e in entries(load_rules()) if e.kind not in kinds]
    veins = [e.literal for e in found if e.kind in ("stem", "full", "head", "side", "qualifier", "artery")]
    dilations = [e.literal for e in entries(load_rules()) if e.value == "dilate"]
    return tuple(dict.fromkeys([*veins, *dilations, *(e.literal for e in found), "valvuloplasty", "apex", "fogarty"]))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Text of the words of the rules: more often about veins than any note, and wrapped and misspelled as notes are."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    words = lexicon()
    out = []
    for _ in range(chance.randint(1, 40)):
        word = (
            chance.choice(words[:260] if chance.random() < 0.5 else words)
            if chance.random() < 0.6
            else chance.choice(FILLER)
        )
        out.append(_rough(word, chance) + chance.choice(SIGNS))
    return "".join(out)


def _rough(word: str, chance: random.Random) -> str:
    kind = chance.random()
    at = chance.randrange(len(word))
    if kind < 0.03:
        return word[:at] + word[at + 1 :]
    if kind < 0.06:
        return f"{word[:at]}-\n{word[at:]}"
    if kind < 0.09:
        return f"{word[:at]}\u00ad{word[at:]}"
    if kind < 0.11:
        return f"<b>{word}</b>"
    return word.upper() if kind < 0.2 else word.capitalize() if kind < 0.3 else word


def assert_known_beforehand(text: str, coder: Engine | None = None, by: Triage | None = None) -> bool:
    """What triage says of a note is what the pipeline finds; gives back whether the note was passed over."""
    by = by or triage()
    known = by.passes_over(text)
    if known is None:
        return False
    probability, lane = known
    result = (coder or engine()).code(text)
    assert (result.codes, result.flags, result.disposition) == ((), (), lane)
    assert not [v for v in result.veins if v.decision == "counted"]
    assert result.probability >= probability - 1e-9
    return True


def is_within(words: list[str], others: list[str]) -> bool:
    rest = iter(others)
    return all(word in rest for word in words)


@given(texts())
@example("the bal-\nloon")
@example("the bal-\nPage 2 of 3\nloon was inflated")
@example("a 7.0balloon in the left iliac vein")
@settings(max_examples=300, deadline=None)
def test_no_word_of_the_pipeline_is_missed(text: str) -> None:
    read = [t.rstrip(" ").lower() for t in ANY_PIECE.findall(read_note(text).text) if t[0].isalpha()]
    assert is_within(read, [w.lower() for w in words_of(text)])


@given(texts())
@example("The superior thyroid artery and vein were tied.")
@example("the right and left renal arteries and the hepatic and portal veins")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_passed_over_has_nothing_to_find(text: str) -> None:
    assert_known_beforehand(text)


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("Cholecystectomy. The gallbladder was dissected from the liver bed.", True),
        ("The renal vein was patent.", True),
        ("Balloon sinuplasty of the maxillary ostium.", True),
        ("The pupils were dilated. The internal jugular vein was punctured.", True),
        ("The left common iliac vein was dilated with a balloon.", False),
        ("The left common iliac vein underwent veno-\nplasty.", False),
        ("The left common iliac vein underwent ba11oon dilatation.", False),
        ("The left iliac vein was dilated to 12 mm.", False),
        ("The vein was angioplastied.", False),
        ("Venous baffle; valvuloplasty.", False),
        ("The right femoral vein: crossing failed.", False),
        ("The femoral and iliac veins were patent.", True),
    ],
)
def test_examples(text: str, passed: bool) -> None:
    assert assert_known_beforehand(text) is passed


def test_the_corpora() -> None:
    passed = read = 0
    for path in sorted((ROOT / "corpora" / "notes").glob("*.notes")):
        for note in read_notes(path):
            passed += assert_known_beforehand(note.text)
            read += 1
    assert passed < read / 10  # nearly all of them are about balloons in veins


@pytest.mark.parametrize("threshold", [0.5, 0.89, 0.99])
def test_other_thresholds_and_no_model(threshold: float) -> None:
    site = engine().policy.model_copy(update={"auto_threshold": threshold})
    for model in (engine().model, None):
        coder = Engine(site, model)
        by = Triage(coder)
        for text in ("Appendicectomy.", "The left renal vein was patent.", "The iliac and renal veins were seen. " * 3):
            assert_known_beforehand(text, coder, by)


def test_the_record_of_a_note_passed_over_says_so() -> None:
    coder = TriageCoder(engine())
    record = coder.code("Appendicectomy.", "a").to_dict()
    assert record["provenance"]["triage"] == "skipped"
    assert record["provenance"]["note_sha256"] == engine().provenance("Appendicectomy.")["note_sha256"]
    assert record["rationale"][0].startswith("Triage:")
    assert json.loads(json.dumps(record)) == record
    read = "The left common iliac vein was dilated with a balloon."
    assert coder.code(read, "b") == engine().code(read, "b")


def test_the_command_line(tmp_path: Path) -> None:
    texts = {"a": "Appendicectomy.", "b": "The left common iliac vein was dilated with a balloon."}
    notes = tmp_path / "n.jsonl"
    notes.write_text("".join(json.dumps({"note_id": k, "text": v}) + "\n" for k, v in texts.items()))
    command = [sys.executable, "-m", "venocode", "batch", str(notes), "-o", "-", "--mentions", "coded"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["provenance"].get("triage") for r in records] == ["skipped", None]
    assert records[1] == engine().code(texts["b"], "b").to_dict()
