"""Settings of the coding policy, from the shipped file or a site's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from venocode.errors import PolicyError
from venocode.rules import load_rules


class PolicySettings(BaseModel):
    """What a site may set.

    Attributes
    ----------
    grouping : {"named", "sir"}
        ``named``: every named vein counts; ``sir``: external iliac + common femoral, and femoral + popliteal, are one.
    first_code, addon_code : str
        Codes of the first vein and of each further vein (policy P2).
    decision_threshold : float
        Probability (0-1) from which a vein is taken as ballooned in this session.
    auto_threshold : float or None
        Note probability (0-1) below which a note goes to review; None takes the threshold of the model, which is chosen
        from gold notes.
    count_pulmonary, count_unspecified : bool
        Whether P19 and P25 veins count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grouping: Literal["named", "sir"] = "named"
    first_code: str = Field(default="37248", pattern=r"^[0-9]{5}$")
    addon_code: str = Field(default="37249", pattern=r"^[0-9]{5}$", validate_default=True)
    decision_threshold: float = Field(default=0.3, gt=0.0, lt=1.0)
    auto_threshold: float | None = Field(default=None, ge=0.0, le=1.0)
    count_pulmonary: bool = True
    count_unspecified: bool = True

    @field_validator("decision_threshold", "auto_threshold", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("input should be a number, not yes or no")
        return value

    @field_validator("addon_code")
    @classmethod
    def _another_code(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("first_code"):
            raise ValueError("first_code and addon_code should be two different codes")
        return value


def load_policy(path: str | Path | None = None) -> PolicySettings:
    """The shipped settings, with the keys of ``path`` replaced.

    Parameters
    ----------
    path : str or Path, optional
        A site's policy file; the shipped settings otherwise.

    Returns
    -------
    PolicySettings

    Raises
    ------
    PolicyError
        When the file cannot be read, a key is unknown or a value is wrong; names the file, the key and the remedy.
    """
    settings: dict[str, Any] = dict(load_rules()["policy"]["settings"])
    path = None if path is None else Path(path)
    if path is not None:
        settings.update(_site_settings(path))
    try:
        return PolicySettings(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ").lower()
        problem = "is unknown" if first["type"] == "extra_forbidden" else f"has a wrong value ({message})"
        raise _wrong_key(path, ".".join(str(p) for p in first["loc"]), problem) from None


def _wrong_key(path: Path | None, key: object, problem: str) -> PolicyError:
    known = ", ".join(PolicySettings.model_fields)
    return PolicyError(f"policy file {path}: key '{' '.join(str(key).split())}' {problem}; known keys: {known}")


def _site_settings(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise PolicyError(f"policy file {path} cannot be read; check the path and that it is UTF-8 text") from None
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        # PyYAML lets the errors of the types it builds escape: a date that is none, a key that cannot be one
        raise PolicyError(f"policy file {path} is not valid YAML; write lines such as 'grouping: sir'") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PolicyError(f"policy file {path} must hold 'key: value' lines such as 'grouping: sir'")
    version = content.pop("version", 1)
    if type(version) is not int or version != 1:
        raise _wrong_key(path, "version", "has a wrong value (it should be 1)")
    if "settings" in content:
        inner = content.pop("settings")
        for key in content:
            raise _wrong_key(path, key, "is unknown beside 'settings'")
        content = {} if inner is None else inner
        if not isinstance(content, dict):
            raise _wrong_key(path, "settings", "must hold 'key: value' lines such as 'grouping: sir'")
    for key in content:
        if not isinstance(key, str):
            raise _wrong_key(path, key, "is unknown")
    return content
