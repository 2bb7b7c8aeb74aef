"""``venocode train``: rebuild the classifier from gold notes, or compare heads and baselines on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from venocode.errors import CorpusError


def train(
    corpora: Annotated[Path, typer.Argument(help="Directory that holds notes/*.notes.")] = Path("corpora"),
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Directory for the model, its manifest and its card.")
    ] = Path("models/vein-head"),
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Write no model: compare heads and baselines, one voice held out at a time."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Train the classifier on gold notes and write it with its manifest."""
    if not corpora.is_dir():
        raise CorpusError(f"{corpora}: no such directory of gold notes; name the one that holds notes/*.notes")
    from venocode.classifier.training import read_corpora
    from venocode.classifier.training import train as train_model
    from venocode.classifier.validation import compare as compare_heads

    found = compare_heads(read_corpora(corpora)[1]) if compare else train_model(corpora, out)
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    for line in table(found) if compare else summary(found):
        typer.echo(line)


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """The comparison as lines: one candidate a line, best log loss first."""
    first = next(iter(found.values()))
    lines = [
        f"{first['notes']} notes, {first['veins']} veins with a label, {first['ballooned']} of them ballooned; "
        "each voice judged by what was learned from the others",
        f"{'':24} {'log loss':>8} {'95 %':>15}  {'Brier':>6} {'veins':>6} {'codes':>6} {'95 %':>15}   to the rules",
    ]
    for name, f in sorted(found.items(), key=lambda pair: pair[1]["log_loss"]):
        to = f["to_rules"]
        lines.append(
            f"{name:24} {f['log_loss']:8.4f} {_range(f['log_loss_ci']):>15}  {f['brier']:6.4f} {f['right']:6.4f} "
            f"{f['case_exact']:6.4f} {_range(f['case_exact_ci']):>15}   {to['log_loss']:+.4f} ({_range(to['log_loss_ci'])}), "
            f"+{to['notes_won']} -{to['notes_lost']} notes"
        )
    return lines


def summary(found: dict[str, Any]) -> list[str]:
    """What training found, in a few lines."""
    lines = table({k: found[k] | {"to_rules": found["head"]["to_rules"]} for k in ("head",)})[:1]
    for key in ("head", "rates", "rules", "naive"):
        f = found[key]
        lines.append(
            f"{key}: log loss {f['log_loss']:.4f} ({_range(f['log_loss_ci'])}), codes and units right {f['case_exact']:.4f} "
            f"({_range(f['case_exact_ci'])})"
        )
    notes = found["notes"]
    if notes.get("brier") is not None:
        lines.append(f"note probability: Brier {notes['brier']:.4f}, expected error {notes['expected_error']:.4f}")
    auto = notes.get("auto")
    lines.append(
        f"auto: threshold {auto['threshold']:.4f}, {auto['notes']} notes, {auto['wrong']} wrong, accuracy at least "
        f"{auto['bound']:.4f} with {auto['confidence']:.0%} confidence (target {auto['target']})"
        if auto
        else "auto: these notes carry no target; no note is auto"
    )
    return lines


def _range(interval: list[float]) -> str:
    return f"{interval[0]:.3f}-{interval[1]:.3f}"
