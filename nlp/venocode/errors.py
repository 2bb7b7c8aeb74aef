"""Errors a user can act on. Messages name a file, row, key or note id and the remedy, and never quote note text."""


class VenocodeError(Exception):
    """Base class; the command line prints its message in one line and exits with code 2 or 3."""


class InputError(VenocodeError):
    """An input file, row or note cannot be read."""


class PolicyError(VenocodeError):
    """A policy file holds an unknown key or a wrong value."""


class ModelError(VenocodeError):
    """The classifier is missing, damaged or does not match its manifest."""


class RuleError(VenocodeError):
    """A rule file does not follow its schema."""


class CorpusError(VenocodeError):
    """A gold note is marked wrongly."""


class CalibrationError(VenocodeError):
    """The gold notes cannot carry the accuracy that is asked for."""


def describe(error: OSError) -> str:
    """The operating system's own words for what went wrong, in lower case and without the path."""
    reason = error.strerror or type(error).__name__
    return reason[:1].lower() + reason[1:]
