"""``venocode calibrate``: fit the note probability and the ``auto`` lane to a site's own gold notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from venocode.cli.common import ModelOption, PolicyOption, engine_for
from venocode.errors import InputError

if TYPE_CHECKING:
    from venocode.classifier.site import SiteCalibration


def calibrate(
    gold: Annotated[
        Path, typer.Option("--gold", metavar="FILE", help="Gold notes of the site: JSONL, one note a line, or .notes.")
    ],
    target: Annotated[float, typer.Option("--target", help="Accuracy the auto lane must keep, such as 0.98.")] = 0.98,
    confidence: Annotated[float, typer.Option("--confidence", help="Confidence of the lower bound.")] = 0.95,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Directory for the calibrated model; without it nothing is written."),
    ] = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
) -> None:
    """Recalibrate note probability and auto threshold; refuse when the notes cannot carry the target."""
    for name, value in (("--target", target), ("--confidence", confidence)):
        if not 0.5 <= value < 1:
            raise InputError(f"{name} must be at least 0.5 and below 1, not {value}")
    if not gold.is_file():
        raise InputError(f"{gold}: no such file of gold notes; check --gold")
    from venocode.classifier import site
    from venocode.engine import Engine

    notes = site.read_site(gold)
    engine = engine_for(policy, model)
    assert isinstance(engine, Engine)
    found = site.calibrate(site.judge(engine, notes), target, confidence)
    for line in report(found):
        typer.echo(line)
    if out is not None:
        site.write_calibrated(model, out, gold, found)
        typer.echo(f"calibrated model written to {out}; use it with --model {out}")


def report(found: SiteCalibration) -> Iterator[str]:
    """The calibration in lines."""
    auto = found.auto
    yield f"{found.notes} gold notes: codes and units right on {found.right}; {found.flagged} go to people by their flags"
    yield (
        f"auto: probability {auto.threshold:.4f} or more, {auto.notes} notes ({auto.notes / found.notes:.0%}), {auto.wrong} wrong; "
        f"accuracy at least {auto.bound:.4f} with {auto.confidence:.0%} confidence (target {auto.target})"
    )
    yield f"Brier score {found.brier:.4f}, expected calibration error {found.expected_error:.4f}"
    yield "probability  notes   mean  right"
    for r in found.reliability:
        yield f"{r['from']:.2f}-{r['to']:.2f}    {r['notes']:5}  {r['mean']:.3f}  {r['right']:.3f}"
    yield "coverage  notes  accuracy of the most certain"
    for r in found.coverage:
        yield f"{r['coverage']:8.1f}  {r['notes']:5}  {r['accuracy']:.4f}"
