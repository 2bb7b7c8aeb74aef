"""Evidence and features of real sentences: what a coder would see must be seen, however it is worded."""

from __future__ import annotations

import pytest
from helpers import coded, engine

from venocode.classifier.features import FEATURES, NAMES, SIGNS, features
from venocode.classifier.note import FEATURES as NOTE_FEATURES
from venocode.classifier.note import NAMES as NOTE_NAMES
from venocode.classifier.note import note_features
from venocode.counting.policy import Case
from venocode.pipes.analysis import analysis_of

IVC, CIV, EIV = ("inferior_vena_cava", "none"), ("common_iliac_vein", "left"), ("external_iliac_vein", "left")


def case(note: str) -> Case:
    _, doc = engine().analyse(note)
    return engine().case(analysis_of(doc))


def of(note: str, vein: tuple[str, str] = CIV) -> dict[str, float]:
    """The features of one vein by name."""
    found = {f.vein: f for f in case(note).findings}
    return dict(zip(NAMES, features(found[vein]), strict=True))


def of_note(note: str) -> dict[str, float]:
    """The features of the note by name."""
    read = case(note)
    return dict(zip(NOTE_NAMES, note_features(engine().decide(read), read), strict=True))


class TestNames:
    def test_every_feature_is_named_once_and_told_in_a_line(self) -> None:
        for table in (FEATURES, NOTE_FEATURES):
            assert len({f.name for f in table}) == len(table)
            assert all(f.meaning and "\n" not in f.meaning and f.sign in (1, -1) for f in table)
        assert tuple(f.sign for f in FEATURES) == SIGNS


class TestActs:
    def test_the_nearer_the_act_the_more_it_says(self) -> None:
        beside = of("TECHNIQUE: Balloon angioplasty of the left common iliac vein was performed.")
        far = of(
            "TECHNIQUE: The left common iliac vein, which had been crossed with a wire from the groin, was dilated by balloon."
        )
        assert 0 < far["near"] < beside["near"] <= 1

    @pytest.mark.parametrize(
        ("told", "details"),
        [("was ballooned", 0), ("was dilated with a 14 mm balloon", 1), ("was dilated with a 14 x 40 mm balloon to 12 atm", 2),
         ("was dilated with a 14 x 40 mm balloon to 12 atm until the waist gave way", 3)],
    )  # fmt: skip
    def test_details_of_the_balloon(self, told: str, details: int) -> None:
        assert of(f"TECHNIQUE: The left common iliac vein {told}.")["details"] == details

    @pytest.mark.parametrize(
        "note",
        ["TECHNIQUE: The left common iliac vein was ballooned.",
         "TECHNIQUE: We dilated the left common iliac vein with a 12 mm balloon."],
    )  # fmt: skip
    def test_a_plain_act_is_clean(self, note: str) -> None:
        found = of(note)
        assert found["clean"] == 1
        assert not found["hedged"] + found["dated"] + found["denied"]

    def test_an_act_beside_another_day_is_not_clean(self) -> None:
        found = of("TECHNIQUE: Like two years ago, the left common iliac vein was dilated with a 12 mm balloon.")
        assert found["clean"] == 0

    def test_other_veins_on_the_same_act(self) -> None:
        note = (
            "TECHNIQUE: The left common iliac vein and the left external iliac vein were dilated with a 12 mm balloon."
        )
        assert of(note)["shared"] == of(note, EIV)["shared"] == 1
        assert of("TECHNIQUE: The left common iliac vein was ballooned.")["shared"] == 0

    def test_sentences_since_the_vein_was_named(self) -> None:
        near = "TECHNIQUE: There was an 80% stenosis of the left common iliac vein. The lesion was dilated with a 14 mm balloon."
        far = near.replace(" The lesion", " A wire was passed. Heparin was given. A sheath was placed. The lesion")
        assert 0 < of(near)["since"] < of(far)["since"]
        assert of(near)["reference_only"] == 1

    def test_only_the_impression_says_so(self) -> None:
        note = "TECHNIQUE: Venography was performed.\n\nIMPRESSION: Balloon angioplasty of the left common iliac vein."
        assert of(note)["only_concluded"] == 1
        assert of("TECHNIQUE: The left common iliac vein was ballooned.\n\n" + note)["only_concluded"] == 0


class TestAgreement:
    TITLE = "PROCEDURE PERFORMED: Balloon angioplasty of the {} vein.\n\nDESCRIPTION: The left common iliac vein was ballooned."

    def test_the_title_names_it(self) -> None:
        found = of(self.TITLE.format("left common iliac"))
        assert (found["title_agrees"], found["title_omits"]) == (1, 0)

    def test_the_title_names_another(self) -> None:
        found = of(self.TITLE.format("left external iliac"))
        assert (found["title_agrees"], found["title_omits"]) == (0, 0), "an act told outright outweighs a title"

    def test_a_title_that_nothing_supports_is_no_evidence(self) -> None:
        found = of(self.TITLE.format("left external iliac"), EIV)
        assert not any(found[name] for name in NAMES if SIGNS[NAMES.index(name)] > 0 and name != "act_beside")


class TestWithoutAnAct:
    def test_a_lesion_and_no_word_why_it_was_left(self) -> None:
        told = "TECHNIQUE: The left common iliac vein has an 80% stenosis. The inferior vena cava was ballooned."
        assert of(told)["open_lesion"] == 1
        assert of(told)["severe"] == 1
        assert of(told + " The left common iliac vein was left alone.")["open_lesion"] == 0

    def test_no_act_in_the_whole_note(self) -> None:
        assert of("TECHNIQUE: The left common iliac vein is narrowed.")["no_acts"] == 1


class TestNote:
    def test_a_note_without_an_angioplasty_word(self) -> None:
        assert of_note("TECHNIQUE: Venography. The left common iliac vein is patent.")["no_act"] == 1
        assert of_note("TECHNIQUE: The left common iliac vein was ballooned.")["no_act"] == 0

    @pytest.mark.parametrize("word", ["three", "four"])
    def test_a_number_word_that_does_not_fit(self, word: str) -> None:
        note = f"TECHNIQUE: The left common iliac vein was ballooned. In all {word} veins were dilated."
        assert of_note(note)["told_apart"] == {"three": 2, "four": 3}[word]

    def test_a_number_word_that_fits(self) -> None:
        note = "TECHNIQUE: The left common iliac vein and the inferior vena cava were ballooned. Both lesions were dilated."
        assert of_note(note)["told_apart"] == 0

    def test_a_balloon_that_found_no_vein(self) -> None:
        found = of_note("TECHNIQUE: A 12 x 40 mm balloon was inflated to 10 atm. The left common iliac vein is patent.")
        assert found["orphan_acts"] == 1
        assert found["balloon_unused"] == 1

    def test_more_balloon_sizes_than_veins(self) -> None:
        note = "TECHNIQUE: The left common iliac vein was dilated with 10 x 40, 12 x 40 and 14 x 40 mm balloons."
        assert of_note(note)["unused_sizes"] == 2

    def test_a_title_that_tells_a_dilation_nobody_earns(self) -> None:
        note = "PROCEDURE PERFORMED: Venoplasty.\n\nDESCRIPTION: The left common iliac vein is patent."
        assert of_note(note)["title_unmet"] == 1
        met = note.replace("is patent", "was ballooned, 80% stenosis")
        assert of_note(met)["counted"] == 1
        assert of_note(met)["title_unmet"] == 0

    def test_title_and_counted_veins(self) -> None:
        title = "PROCEDURE PERFORMED: Balloon angioplasty of the left external iliac vein.\n\n"
        found = of_note(title + "DESCRIPTION: An 80% stenosis of the left common iliac vein was ballooned to 14 mm.")
        assert found["counted"] == 1
        assert found["title_missing"] == 1
        assert found["title_silent"] == 1


class TestExplained:
    NOTE = (
        "TECHNIQUE: An 80% stenosis of the left common iliac vein was dilated with a 14 mm balloon. The cava is patent."
    )

    def test_what_is_shown_adds_up_to_the_probability(self) -> None:
        result = coded(self.NOTE)
        for d in result.veins:
            assert d.explanation is not None
            shown = sum(c.log_odds for c in d.explanation.contributions) + d.explanation.base
            assert d.explanation.log_odds == pytest.approx(shown)
            assert 1 / (1 + 2.718281828459045**-d.explanation.log_odds) == pytest.approx(d.probability)

    def test_weight_times_value_is_what_each_feature_adds(self) -> None:
        result = coded(self.NOTE)
        model = engine().model
        assert model is not None
        weights = dict(zip(NAMES, model.head.coef_[0], strict=True))
        for d in result.veins:
            assert d.explanation is not None
            for c in d.explanation.contributions:
                assert c.log_odds == pytest.approx(weights[c.feature] * c.value)
                assert c.log_odds != 0

    def test_the_strongest_comes_first(self) -> None:
        for d in coded(self.NOTE).veins:
            assert d.explanation is not None
            sizes = [abs(c.log_odds) for c in d.explanation.contributions]
            assert sizes == sorted(sizes, reverse=True)

    def test_the_record_holds_it_only_when_asked(self) -> None:
        result = coded(self.NOTE)
        plain, full = result.to_dict(), result.to_dict(explain=True)
        assert "explanation" not in plain
        assert not any("explanation" in v for v in plain["veins"])
        assert full["explanation"]["contributions"]
        assert all(v["explanation"]["log_odds"] for v in full["veins"])
        for v in full["veins"]:
            v.pop("explanation")
        full.pop("explanation")
        assert full == plain
