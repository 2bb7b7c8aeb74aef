"""Optional libraries: imported when a format needs them, and named with their extra when they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from venocode.errors import InputError


def library(module: str, extra: str) -> Any:
    """Import a library of an extra.

    Parameters
    ----------
    module : str
        What to import.
    extra : str
        The extra of ``pyproject.toml`` that installs it.

    Raises
    ------
    InputError
        When it is not installed or does not work, with the command that mends it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = module if module.startswith("backports.") else module.partition(".")[0]
        state = "not installed" if isinstance(error, ModuleNotFoundError) else "broken"
        raise InputError(f"this format needs {name}, which is {state}; pip install 'venocode[{extra}]'") from None
