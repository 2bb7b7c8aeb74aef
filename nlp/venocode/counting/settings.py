"""Settings of the coding policy, from the shipped file or a site's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    auto_threshold : float
        Note probability (0-1) below which a note goes to review.
    count_pulmonary, count_unspecified : bool
        Whether P19 and P25 veins count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grouping: Literal["named", "sir"] = "named"
    first_code: str = Field(default="37248", pattern=r"^\d{5}$")
    addon_code: str = Field(default="37249", pattern=r"^\d{5}$")
    decision_threshold: float = Field(default=0.35, gt=0.0, lt=1.0)
    auto_threshold: float = Field(default=0.8, ge=0.0, le=1.0)
    count_pulmonary: bool = True
    count_unspecified: bool = True


def load_policy(path: Path | None = None) -> PolicySettings:
    """The shipped settings, with the keys of ``path`` replaced.

    Raises
    ------
    PolicyError
        When the file cannot be read, a key is unknown or a value is wrong; names the file, the key and the remedy.
    """
    settings: dict[str, Any] = dict(load_rules()["policy"]["settings"])
    if path is not None:
        settings.update(_site_settings(path))
    try:
        return PolicySettings(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        known = ", ".join(PolicySettings.model_fields)
        problem = "is unknown" if first["type"] == "extra_forbidden" else f"has a wrong value ({first['msg'].lower()})"
        raise PolicyError(f"policy file {path}: key '{key}' {problem}; known keys: {known}") from None


def _site_settings(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise PolicyError(f"policy file {path} cannot be read; check the path and that it is UTF-8 text") from None
    except yaml.YAMLError:
        raise PolicyError(f"policy file {path} is not valid YAML; write lines such as 'grouping: sir'") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PolicyError(f"policy file {path} must hold 'key: value' lines such as 'grouping: sir'")
    inner = content.get("settings", content)
    return dict(inner) if isinstance(inner, dict) else {}
