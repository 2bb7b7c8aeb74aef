"""What the commands share: the engine, the options, and how every failure is told in one sentence."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from venocode.batch import Coder
from venocode.errors import ModelError, PolicyError, VenocodeError, describe

UNEXPECTED, USAGE, QUARANTINED, INTERRUPTED = 1, 2, 3, 130
EXIT_CODES = (
    "Exit codes: 0 everything was coded; 1 something unexpected failed; 2 wrong usage, input or configuration; "
    "3 the run is complete but some rows went to quarantine; 130 interrupted."
)

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="Policy settings (YAML) instead of the shipped ones.")
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Directory of a model instead of the shipped one.")]
EncodingOption = Annotated[str, typer.Option("--encoding", help="Encoding of the text, such as cp1252 or latin-1.")]


def engine_for(policy: Path | None, model: Path | None) -> Coder:
    """Build the engine (about two seconds: this is the first import of the language libraries).

    Raises
    ------
    VenocodeError
        When the policy or the model cannot be used.
    """
    if policy is not None and not policy.is_file():
        raise PolicyError(f"{policy}: no such policy file; check --policy or leave it out for the shipped settings")
    if model is not None and not model.is_dir():
        raise ModelError(f"{model}: no such model directory; check --model or leave it out for the shipped model")
    import venocode

    return venocode.load(policy=policy, model=model)


def say(message: str) -> None:
    """One line to standard error."""
    typer.echo(f"venocode: {message}", err=True)


def markup_mode() -> Literal["rich"] | None:
    """Coloured help on a terminal, plain lines otherwise."""
    return "rich" if sys.stdout is not None and sys.stdout.isatty() else None


def tolerant_streams() -> None:
    """Let a terminal with a small character set show what it can instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class Guarded(TyperGroup):
    """Turns every failure of a command into one sentence and an exit code; no traceback, no note text."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except VenocodeError as error:
            say(str(error))
            ctx.exit(USAGE)
        except BrokenPipeError:
            raise
        except OSError as error:
            say(f"{error.filename or 'input or output'}: {describe(error)}")
            ctx.exit(UNEXPECTED)
        except KeyboardInterrupt:
            say("interrupted; a file is put in its place only when it is complete, so none is half written")
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if is_usage(error):
                raise
            say(f"unexpected {type(error).__name__} {_where(error)}; please report this line, not the note")
            ctx.exit(UNEXPECTED)


def is_usage(error: Exception) -> bool:
    """Whether the command-line library itself tells this error (wrong option, help, exit)."""
    return isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code")


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
