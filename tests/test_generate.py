"""Generated notes: marks that read, gold that holds together, the same note from the same seed, and no figure from them."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from venocode.classifier.training import train
from venocode.cli import app
from venocode.corpus import REASONS, GoldNote, parse_marked, read_notes
from venocode.corpus.generate import generate, generated_note, is_generated, to_marked
from venocode.corpus.generator import scenario as scenarios
from venocode.corpus.generator.grammar import FILES, VOICES, Choice, Slot, compiled, load_grammar, read_rule_file
from venocode.corpus.generator.layout import layouts
from venocode.corpus.generator.noise import NOISES, noisy, wrapped
from venocode.corpus.generator.policy import gold_of
from venocode.corpus.generator.scenario import Fact, Lesion, Scenario, Site
from venocode.corpus.generator.teller import tidy
from venocode.errors import CorpusError, RuleError

HAND = Path(__file__).resolve().parents[1] / "corpora" / "notes"
TIGHT = Lesion("stenosis", 80, 2)
FLAGS = {
    "attempted", "bridging_lesion", "catheter_exchange", "coronary_sinus", "coverage", "grouping_differs",
    "header_body_mismatch", "header_only", "intracranial_sinus", "lead_venoplasty", "missing:access", "missing:balloon",
    "missing:fluoroscopy", "missing:lesion", "missing:result", "old_access", "pulmonary_vein", "separate_vein_modifier",
    "side_unspecified", "special_conduit", "two_routes", "vein_unspecified",
}  # fmt: skip


@pytest.fixture(scope="module")
def notes() -> list[GoldNote]:
    return list(generate(2000, seed=3))


class TestNotes:
    def test_marks_lie_where_they_say(self, notes: list[GoldNote]) -> None:
        assert all(n.text[s["start"] : s["end"]] == s["text"] and s["text"].strip() for n in notes for s in n.spans)

    def test_a_file_of_them_reads_back_the_same(self, notes: list[GoldNote], tmp_path: Path) -> None:
        path = tmp_path / "made.notes"
        path.write_text("".join(map(to_marked, notes[:300])), encoding="utf-8")
        back = {n.note_id: n for n in read_notes(path)}  # read_notes checks every gold record
        assert back == {n.note_id: n for n in notes[:300]}

    def test_no_two_are_alike(self, notes: list[GoldNote]) -> None:
        assert len({n.text for n in notes}) == len({n.note_id for n in notes}) == len(notes)

    def test_every_reason_and_flag_appears(self, notes: list[GoldNote]) -> None:
        why = Counter(v["why"] for n in notes for v in n.gold["not_counted"])
        assert set(why) == set(REASONS) - {"access_only"}  # an access vein stands under access, not under not_counted
        assert {flag for n in notes for flag in n.gold["flags"]} == FLAGS

    def test_the_mix_is_sane(self, notes: list[GoldNote]) -> None:
        units = Counter(len(n.gold["treated_veins"]) for n in notes)
        assert 0.25 < units[0] / len(notes) < 0.6
        assert units[2] > 100
        assert units[4] > 5
        assert 0.05 < sum(n.gold["review"] for n in notes) / len(notes) < 0.4
        assert {n.phenomena[0] for n in notes} == set(scenarios.settings())
        assert {n.style.removeprefix("generated: ") for n in notes} == set(layouts())
        assert {name for name, _, _ in NOISES} <= {p for n in notes for p in n.phenomena}

    def test_nothing_of_the_grammar_is_left_in_the_text(self, notes: list[GoldNote]) -> None:
        assert not [n.note_id for n in notes if re.search(r"[{}\[\]]|<<|>>|\|", n.text)]

    def test_a_counted_vein_is_marked_treated(self, notes: list[GoldNote]) -> None:
        for n in notes:
            marked = {(v["vein"], v["side"]) for s in n.spans if s.get("role") == "treated" for v in s["veins"]}
            marked |= {(vein, one) for vein, side in marked if side == "bilateral" for one in ("left", "right")}
            named = {(v["vein"], v["side"]) for v in n.gold["treated_veins"]} - {("unknown_vein", "unknown")}
            told = {(v["vein"], v["side"]) for s in n.spans if s["label"] == "VEIN" for v in s["veins"]}
            told |= {(vein, one) for vein, side in told if side == "bilateral" for one in ("left", "right")}
            assert named <= told
            assert not named or any(s.get("assertion") == "performed" for s in n.spans) or named <= marked

    def test_fluoroscopy_is_told_where_the_gold_says_so_and_nowhere_else(self, notes: list[GoldNote]) -> None:
        assert all(n.gold["fluoroscopy"] == any(s["label"] == "FLUOROSCOPY" for s in n.spans) for n in notes)

    @given(seed=st.integers(0, 10**9), index=st.integers(0, 10**9))
    @settings(max_examples=60, deadline=None)
    def test_one_note_is_made_alone(self, seed: int, index: int) -> None:
        note = generated_note(index, seed)
        assert note == next(generate(1, seed, start=index))
        n = len(note.gold["treated_veins"])
        assert note.gold["codes"] == {"37248": min(n, 1), "37249": max(n - 1, 0)}
        assert parse_marked(to_marked(note).partition("\n---\n")[2])[1] == list(note.spans)

    def test_a_stream_is_lazy_and_can_be_cut(self) -> None:
        assert [n.note_id for n in islice(generate(10**12), 3)] == ["gen-0-000000", "gen-0-000001", "gen-0-000002"]
        assert list(generate(2, 5, start=3)) == list(generate(5, 5))[3:]

    def test_noise_can_be_left_out(self) -> None:
        assert not [n for n in generate(200, noise=False) if set(n.phenomena) & {name for name, _, _ in NOISES}]

    @pytest.mark.parametrize("setting", scenarios.settings())
    def test_every_setting_in_every_layout_that_may_tell_it(self, setting: str) -> None:
        assert len({generated_note(i, 1, setting).style for i in range(60)}) > 3


class TestPolicy:
    """The generator's own policy, case by case."""

    def case(self, *facts: Fact, known: str = "", **more: Any) -> dict[str, Any]:
        sites = more.pop("sites", (Site("popliteal_vein", "left", "percutaneous"),))
        return gold_of(Scenario("leg", "left", facts, sites, frozenset(known.split()), **more))

    def fact(self, name: str, act: str = "ballooned", side: str = "left", site: int = 0, told: bool = True) -> Fact:
        return Fact((name, side), act, TIGHT, 12, 10, site=site, lesion_told=told)

    def why(self, gold: dict[str, Any]) -> dict[str, str]:
        return {v["vein"]: v["why"] for v in gold["not_counted"]}

    def test_two_veins(self) -> None:
        gold = self.case(self.fact("common_iliac_vein"), self.fact("external_iliac_vein"))
        assert (gold["codes"], gold["flags"], gold["review"]) == ({"37248": 1, "37249": 1}, [], False)

    def test_a_bridging_lesion_keeps_the_first(self) -> None:
        gold = self.case(self.fact("external_iliac_vein"), self.fact("common_iliac_vein"), bridge=(0, 1))
        assert (self.why(gold), gold["flags"]) == ({"common_iliac_vein": "bridged"}, ["bridging_lesion"])

    def test_a_stent_takes_its_vein_and_asks_for_a_modifier(self) -> None:
        gold = self.case(self.fact("common_femoral_vein"), self.fact("external_iliac_vein", "stented"))
        assert self.why(gold) == {"external_iliac_vein": "stent_same_vein"}
        assert gold["flags"] == ["grouping_differs", "separate_vein_modifier"]

    def test_a_circuit_and_another_route(self) -> None:
        sites = (Site("fistula", "left", "percutaneous"), Site("common_femoral_vein", "right", "percutaneous"))
        facts = (self.fact("cephalic_vein"), self.fact("brachiocephalic_vein", site=1))
        gold = self.case(*facts, known="circuit", sites=sites)
        assert self.why(gold) == {"cephalic_vein": "dialysis_circuit"}
        assert [v["vein"] for v in gold["treated_veins"]] == ["brachiocephalic_vein"]
        assert (gold["flags"], gold["review"]) == (["two_routes"], True)

    @pytest.mark.parametrize("act", ["attempted", "negated", "planned"])
    def test_what_was_not_done(self, act: str) -> None:
        assert self.why(self.case(self.fact("femoral_vein", act))) == {"femoral_vein": act}

    @pytest.mark.parametrize("act", sorted(scenarios.OTHER_BALLOON))
    def test_other_balloon_work(self, act: str) -> None:
        assert self.why(self.case(self.fact("femoral_vein", act))) == {"femoral_vein": "non_angioplasty_balloon"}

    def test_a_title_too_many_and_a_memory(self) -> None:
        facts = (
            self.fact("femoral_vein"),
            self.fact("popliteal_vein", "imaged"),
            self.fact("common_femoral_vein", "imaged"),
        )
        gold = self.case(*facts, title_extra=(("popliteal_vein", "left"),), history=(("common_femoral_vein", "left"),))
        assert self.why(gold) == {"popliteal_vein": "header_only_mismatch", "common_femoral_vein": "historical"}
        assert gold["flags"] == ["header_body_mismatch"]

    def test_what_is_missing_is_flagged_only_with_a_unit(self) -> None:
        bare = {"sites": (), "fluoroscopy": False, "sized": False, "result": False}
        gold = self.case(self.fact("femoral_vein", told=False), **bare)
        assert gold["flags"] == [f"missing:{x}" for x in ("access", "balloon", "fluoroscopy", "lesion", "result")]
        assert self.case(self.fact("femoral_vein", "negated"), **bare)["flags"] == []

    @pytest.mark.parametrize(
        ("name", "side", "known", "reason", "flag"),
        [
            ("transverse_sinus", "left", "", "special", "intracranial_sinus"),
            ("coronary_sinus", "none", "lead", "special", "coronary_sinus"),
            ("cephalic_vein", "left", "old_access", "special", "old_access"),
            ("portal_vein", "none", "tips", "all_inclusive", None),
            ("cephalic_vein", "left", "creation", "all_inclusive", None),
            ("subclavian_artery", "left", "artery", "artery", None),
            ("subclavian_vein", "left", "lead", None, "lead_venoplasty"),
            ("superior_vena_cava", "none", "exchange", None, "catheter_exchange"),
            ("azygos_vein", "none", "ms", None, "coverage"),
            ("left_inferior_pulmonary_vein", "left", "", None, "pulmonary_vein"),
            ("unknown_vein", "unknown", "", None, "vein_unspecified"),
            ("femoral_vein", "left", "title_alone", None, "header_only"),
        ],
    )
    def test_special_veins(self, name: str, side: str, known: str, reason: str | None, flag: str | None) -> None:
        gold = self.case(self.fact(name, side=side), known=known)
        assert self.why(gold).get(name) == reason
        assert flag is None or flag in gold["flags"]


class TestGrammar:
    def test_there_are_hundreds_of_productions(self) -> None:
        assert len(load_grammar().productions) > 600

    def test_every_production_is_said(self) -> None:
        said: set[str] = set()
        grammar = load_grammar()
        choose = grammar.choose

        def listening(*args: Any) -> Any:
            production = choose(*args)
            said.add(production.name)
            return production

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(grammar, "choose", listening)
            for setting in scenarios.settings():
                for i in range(300):
                    generated_note(i, setting=setting)
            for i in range(7000):
                generated_note(i, setting="leg")
        assert set(grammar.productions) - said == set()

    def test_every_slot_is_a_rule_or_a_word_someone_gives(self) -> None:
        words = {"Both", "both", "Count", "From_route", "from_route", "age", "he", "He", "circuit", "circuit_short", "diameter",
                 "label", "length", "man", "percent", "residual", "sex", "side", "side_word", "site_name", "was", "was_next"}  # fmt: skip
        grammar = load_grammar()
        slots = {s.word for p in grammar.productions.values() for s in _slots(p.template) if not s.attribute}
        assert slots - grammar.rules <= words

    def test_a_template(self) -> None:
        assert compiled("a {vein:treated} [b|<<A:performed|c>>|]{n:2-8/2}.")[1] == Slot("vein", "treated")
        assert len(compiled("x [b|<<A:performed|c>>|]")[1].options) == 3  # type: ignore[union-attr]

    @pytest.mark.parametrize("source", ["a [b|c", "a] b"])
    def test_brackets_must_close(self, source: str) -> None:
        with pytest.raises(RuleError):
            compiled(source)

    def test_a_rule_nobody_can_say_is_told(self) -> None:
        with pytest.raises(RuleError, match="rule treat: no production for voice nobody"):
            load_grammar().choose("treat", "nobody", frozenset(), random.Random(0))

    @pytest.mark.parametrize("name", [*FILES, "names", "scenarios", "layouts"])
    def test_files_have_their_version(self, name: str) -> None:
        assert read_rule_file(name)["version"] == 1

    def test_voices_of_layouts_exist(self) -> None:
        assert {x.voice for x in layouts().values()} == set(VOICES)

    @pytest.mark.parametrize(
        ("raw", "tidied"),
        [
            ("the vein was dilated  with a 8 mm balloon ", "the vein was dilated with an 8 mm balloon"),
            (
                "a <<A:performed|angioplasty>> , and a 11-French sheath",
                "an <<A:performed|angioplasty>>, and an 11-French sheath",
            ),
            ("done ,.", "done."),
            ("A 18 mm Atlas, a 12 mm Atlas", "An 18 mm Atlas, a 12 mm Atlas"),
        ],
    )
    def test_pieces_are_joined_well(self, raw: str, tidied: str) -> None:
        assert tidy(raw) == tidied


def _slots(template: Any) -> list[Slot]:
    found: list[Slot] = []
    for part in template:
        if isinstance(part, Slot):
            found.append(part)
        elif isinstance(part, Choice):
            found += [s for option in part.options for s in _slots(option)]
    return found


class TestNoise:
    MARKED = (
        "Under <<F|fluoroscopic guidance>> the <<V:left common_iliac_vein:treated|left common iliac vein>> was then "
        "<<A:performed|dilated>>. Afterwards everything was looked at once more from several sides.\nSecond line.\nThird."
    )

    @given(seed=st.integers(0, 10**6), name=st.sampled_from([name for name, _, _ in NOISES]))
    @settings(max_examples=80, deadline=None)
    def test_marks_stay_as_they_were(self, seed: int, name: str) -> None:
        noise = next(f for n, _, f in NOISES if n == name)
        before, after = parse_marked(self.MARKED)[1], parse_marked(noise(self.MARKED, random.Random(seed)))[1]
        kept = [{k: v for k, v in s.items() if k not in ("start", "end", "text")} for s in before]
        assert kept == [{k: v for k, v in s.items() if k not in ("start", "end", "text")} for s in after]

    def test_wrapping_only_turns_spaces_into_line_breaks(self) -> None:
        text = wrapped(self.MARKED, random.Random(1))
        assert text.replace("\n", " ") == self.MARKED.replace("\n", " ")
        assert max(map(len, parse_marked(text)[0].split("\n"))) <= 72

    def test_the_same_chance_gives_the_same_noise(self) -> None:
        assert noisy(self.MARKED, random.Random(9)) == noisy(self.MARKED, random.Random(9))


class TestGuard:
    def test_generated_notes_are_known_by_id_or_style(self) -> None:
        note = generated_note(0)
        hand = GoldNote("ir-001", "a voice", (), "text", (), {})
        assert is_generated(note)
        assert is_generated(GoldNote("ir-002", note.style, (), "text", (), {}))
        assert not is_generated(hand)

    def test_no_figure_comes_from_them(self, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "made.notes").write_text(to_marked(generated_note(0)), encoding="utf-8")
        with pytest.raises(CorpusError, match=r"made.notes, note gen-\S+: generated notes enter no figure"):
            train(tmp_path, tmp_path / "model")


class TestCommand:
    def run(self, *args: str) -> Any:
        return CliRunner().invoke(app, ["corpus", "generate", *args])

    def test_jsonl(self, tmp_path: Path) -> None:
        out = tmp_path / "made.jsonl"
        assert self.run("-n", "5", "--seed", "2", "-o", str(out)).exit_code == 0
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert rows == [json.loads(json.dumps(n.to_dict())) for n in generate(5, 2)]

    def test_marked_notes(self, tmp_path: Path) -> None:
        out = tmp_path / "made.notes"
        assert self.run("-n", "5", "--start", "7", "--no-noise", "-o", str(out)).exit_code == 0
        assert list(read_notes(out)) == list(generate(5, start=7, noise=False))

    def test_another_kind_of_file_is_refused(self, tmp_path: Path) -> None:
        result = self.run("-o", str(tmp_path / "made.csv"))
        assert result.exit_code == 2
        assert "end it in .jsonl or .notes" in result.output
