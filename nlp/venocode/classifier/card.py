"""The model card: what the heads are, what they were measured on, and what they are not for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from venocode.classifier.features import FEATURES
from venocode.classifier.note import FEATURES as NOTE_FEATURES


def card(manifest: dict[str, Any]) -> str:
    """The card of a model, from its manifest.

    Parameters
    ----------
    manifest : dict
        As written beside the model.

    Returns
    -------
    str
        Markdown.
    """
    return "\n\n".join(
        ["# Model card: " + f"{manifest['name']} {manifest['version']}", _purpose(manifest), _data(manifest),
         _figures(manifest["figures"]), _lane(manifest), _weights(manifest), _limits()]
    ) + "\n"  # fmt: skip


def _purpose(manifest: dict[str, Any]) -> str:
    s, lib = manifest["settings"], manifest["libraries"]
    return f"""## What it is

**Vein head.** For every vein of a note, the probability that a balloon was inflated in it, in this session, to widen a
narrowing. It does not read text, count or apply the coding policy: it weighs {len(manifest["features"])} named features of
the findings. **Note head.** From {len(manifest["note_features"])} features of the decided note, the probability that codes
and units are all right; the `auto` lane rests on it.

Both are logistic regressions on standardised features whose weights may not point against what a coder knows (`VeinHead`,
C={s["C"]} and {s["note_C"]}), so the log-odds are a plain sum that `venocode code --explain` shows. Deterministic, rebuilt by
`venocode train`; stored with skops {lib["skops"]} (scikit-learn {lib["scikit-learn"]}, scipy {lib["scipy"]}, Python
{lib["python"]}).

**Intended use.** To support coders, auditors and researchers reading English notes on venous balloon angioplasty; the person
who bills decides. **Not for** billing notes outside `auto` without a look, other languages, arteries, or clinical care."""


def _data(manifest: dict[str, Any]) -> str:
    f = manifest["figures"]["head"]
    return f"""## Data

{manifest["notes"]} invented, hand-marked notes of {len(manifest["data"])} author voices under `corpora/notes` ({f["veins"]}
veins with a label, {f["ballooned"]} of them ballooned). No patient data, no patients' demographics: nothing can be said about
differences between groups of patients. sha256 of every file stands in `manifest.json`. The reference standard is the marks
of the notes' authors. The language rules were written while looking at part of these notes, so all figures are development
figures: expect less on other authors' notes, and measure it."""


def _figures(figures: dict[str, Any]) -> str:
    named = (("head", "vein head"), ("rules", "rules only"), ("naive", "naive"))
    rows = [
        [name, _share(f["right"]), f"{f['log_loss']:.3f} ({_range(f['log_loss_ci'])})", f"{f['brier']:.3f}",
         f"{_share(f['case_exact'])} ({_range(f['case_exact_ci'])})", _share(f["veins_exact"])]
        for key, name in (named[0], ("rates", "rules, rates learned"), *named[1:]) for f in [figures[key]]
    ]  # fmt: skip
    to, rates = figures["head"]["to_rules"], figures["head"]["to_rates"]
    by_voice = [
        [voice, str(f["head"]["notes"]), str(f["head"]["veins"]), *(f"{f[k]['log_loss']:.3f}" for k, _ in named),
         *(_share(f[k]["case_exact"]) for k, _ in named), _range(f["head"]["case_exact_ci"])]
        for voice, f in figures["by_voice"].items()
    ]  # fmt: skip
    return f"""## Figures by cross-validation, one author's voice held out at a time

Rules only: a fixed probability for each kind of proposal; rates learned: the share of ballooned veins of each kind in the
other voices. Naive: every vein in a sentence with an angioplasty word counts. In brackets 95 % intervals: bootstrap over notes for log
loss, Wilson's for shares of notes.

{_table(["", "veins right", "log loss", "Brier", "codes and units right", "veins exact"], rows)}

The head against the rules on the same notes: log loss {to["log_loss"]:+.3f} ({_range(to["log_loss_ci"])}), {
        to["notes_won"]
    }
notes won, {to["notes_lost"]} lost. Against the rules with learned rates: {rates["log_loss"]:+.3f}
({_range(rates["log_loss_ci"])}), {rates["notes_won"]} won, {rates["notes_lost"]} lost.

{
        _table(
            [
                "voice held out",
                "notes",
                "veins",
                "log loss",
                "rules",
                "naive",
                "codes right",
                "rules",
                "naive",
                "interval",
            ],
            by_voice,
        )
    }"""


def _lane(manifest: dict[str, Any]) -> str:
    notes = manifest["figures"]["notes"]
    if "reliability" not in notes:
        return "## The note probability\n\nAll notes came out alike, so there is no note head and no note is `auto`."
    rows = [
        [f"{r['from']:.2f}-{r['to']:.2f}", str(r["notes"]), f"{r['mean']:.3f}", f"{r['right']:.3f}"]
        for r in notes["reliability"]
    ]
    curve = [[f"{r['coverage']:.1f}", str(r["notes"]), f"{r['accuracy']:.3f}"] for r in notes["coverage"]]
    return f"""## The note probability and the `auto` lane

From nested cross-validation by voice ({notes["notes"]} notes, codes and units right on {notes["right"]}): Brier score
{notes["brier"]:.3f}, expected calibration error {notes["expected_error"]:.3f}.

{_table(["probability", "notes", "mean", "right"], rows)}

Accuracy of the most certain notes without review flags ({notes["notes"] - notes["flagged"]} notes), by coverage of all notes;
a note whose gold asks for a person counts as wrong here:

{_table(["coverage", "notes", "accuracy"], curve)}

{_site(manifest) or _threshold(manifest)}"""


def _threshold(manifest: dict[str, Any]) -> str:
    auto, targets = manifest["auto"], manifest["settings"]["targets"]
    if auto is None:
        return (
            f"These notes carry none of the targets {', '.join(map(str, targets))}: no note is `auto` until a site calibrates "
            "on its own gold (`venocode calibrate`) or sets `auto_threshold` in its policy."
        )
    missed = [t for t in targets if t > auto["target"]]
    short = (
        f" They do not carry {', '.join(map(str, missed))}: a site's own gold may (`venocode calibrate`)."
        if missed
        else ""
    )
    return (
        f"Threshold {auto['threshold']:.4f}: {auto['notes']} notes stand at or above it, {auto['wrong']} of them wrong; accuracy is at "
        f"least {auto['bound']:.3f} with {auto['confidence']:.0%} confidence (fixed-sequence testing of one-sided Clopper-Pearson "
        f"bounds), which carries the target {auto['target']}.{short}"
    )


def _site(manifest: dict[str, Any]) -> str:
    """The threshold of a site, in place of the shipped one."""
    site, auto = manifest.get("site"), manifest["auto"]
    if site is None:
        return ""
    return (
        f"**Recalibrated** on {site['notes']} gold notes of a site ({site['file']}, sha256 {site['sha256'][:12]}...): codes and units "
        f"right on {site['right']}, Brier score {site['brier']:.3f}, expected calibration error {site['expected_error']:.3f}. Threshold "
        f"{auto['threshold']:.4f}: {auto['notes']} notes, {auto['wrong']} wrong, accuracy at least {auto['bound']:.3f} with "
        f"{auto['confidence']:.0%} confidence (target {auto['target']}). The tables above are those of the shipped notes."
    )


def _weights(manifest: dict[str, Any]) -> str:
    meaning = {f.name: f.meaning for f in FEATURES}
    weights = sorted(manifest["weights"].items(), key=lambda pair: -pair[1])
    rows = [[name, f"{w:+.2f}", meaning[name]] for name, w in weights]
    notes = {f.name: f.meaning for f in NOTE_FEATURES}
    note_rows = [
        [name, f"{w:+.2f}", notes[name]]
        for name, w in sorted(manifest.get("note_weights", {}).items(), key=lambda p: -p[1])
    ]
    head = ["feature", "weight", "meaning"]
    return (
        f"## Weights\n\nVein head, base {manifest['base']:+.2f}:\n\n{_table(head, rows)}\n\n"
        f"Note head, base {manifest.get('note_base', 0):+.2f}:\n\n{_table(head, note_rows)}"
    )


def _limits() -> str:
    return """## Limits

Few notes and few authors; a voice unlike these may read worse than any figure here. A vein that the rules do not link to an
act is never counted, however probable: the head can only send the note to a person. Recalibrate on local notes before `auto`
is relied on, and again when the rules change."""


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _share(value: float) -> str:
    return f"{value:.3f}"


def _range(interval: list[float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"
