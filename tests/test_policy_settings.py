"""A site's policy file: single keys are replaced, and every fault is told with file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

import venocode
from venocode.classifier.model import shipped_model
from venocode.counting import PolicySettings, load_policy
from venocode.errors import PolicyError
from venocode.rules import load_rules

KEYS = tuple(PolicySettings.model_fields)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site.yaml"


def refused(site: Path, text: str | bytes) -> str:
    """The message of a file that is refused: one line that names the file and holds no traceback."""
    site.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(PolicyError) as caught:
        load_policy(site)
    message = str(caught.value)
    assert str(site) in message
    assert "\n" not in message
    assert not [word for word in ("Traceback", "Error", "pydantic", "errors.py", "File ") if word in message]
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return message


def test_the_shipped_file_names_every_key_and_agrees_with_the_defaults() -> None:
    assert set(load_rules()["policy"]["settings"]) == set(KEYS)
    assert load_policy() == PolicySettings()


def test_settings_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_policy().grouping = "sir"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("grouping", "sir", "sir"),
        ("first_code", "'11111'", "11111"),
        ("addon_code", "'22222'", "22222"),
        ("decision_threshold", "0.5", 0.5),
        ("auto_threshold", "1", 1.0),
        ("auto_threshold", "0", 0.0),
        ("count_pulmonary", "false", False),
        ("count_unspecified", "no", False),
    ],
)
@pytest.mark.parametrize("form", ["{key}: {text}\n", "# ours\nversion: 1\nsettings:\n  {key}: {text}\n"])
def test_a_site_file_replaces_single_keys(site: Path, key: str, text: str, value: object, form: str) -> None:
    site.write_text(form.format(key=key, text=text), encoding="utf-8")
    found = load_policy(site).model_dump()
    assert found == {**load_policy().model_dump(), key: value}


def test_a_path_may_be_a_string(site: Path) -> None:
    site.write_text("grouping: sir\n", encoding="utf-8")
    assert load_policy(str(site)).grouping == "sir"
    assert venocode.load(policy=str(site)).policy.grouping == "sir"
    assert venocode.load(policy=str(site), model=str(shipped_model())) is venocode.load(site, shipped_model())


def test_a_fault_of_the_caller_is_not_told_as_bad_yaml() -> None:
    with pytest.raises(TypeError):
        load_policy(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "{}\n"])
def test_an_empty_site_file_changes_nothing(site: Path, text: str) -> None:
    site.write_text(text, encoding="utf-8")
    assert load_policy(site) == load_policy()


@pytest.mark.parametrize("text", ["groupng: sir\n", "settings: {groupng: sir}\n"])
def test_an_unknown_key(site: Path, text: str) -> None:
    assert refused(site, text).endswith(f"key 'groupng' is unknown; known keys: {', '.join(KEYS)}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("grouping", "both"),
        ("grouping", "SIR"),
        ("grouping", "[sir]"),
        ("first_code", "37248"),
        ("first_code", "'3724'"),
        ("first_code", "'37248-59'"),
        ("first_code", "'３７２４８'"),
        ("addon_code", "'٣٧٢٤٩'"),
        ("addon_code", "null"),
        ("decision_threshold", "0"),
        ("decision_threshold", "1"),
        ("decision_threshold", "high"),
        ("decision_threshold", "true"),
        ("auto_threshold", "no"),
        ("auto_threshold", "true"),
        ("auto_threshold", "1.01"),
        ("auto_threshold", ".nan"),
        ("auto_threshold", "80%"),
        ("count_pulmonary", "perhaps"),
        ("count_unspecified", "{a: b}"),
    ],
)
def test_a_wrong_value(site: Path, key: str, value: str) -> None:
    message = refused(site, f"{key}: {value}\n")
    assert f"key '{key}' has a wrong value (" in message
    assert message.endswith(f"known keys: {', '.join(KEYS)}")


@pytest.mark.parametrize(
    "text", ["grouping: named: sir\n", "grouping: [sir\n", "\tgrouping: sir\n", "x: !!python/name:os.system\n"]
)
def test_not_yaml(site: Path, text: str) -> None:
    assert refused(site, text).endswith("is not valid YAML; write lines such as 'grouping: sir'")


@pytest.mark.parametrize("text", ["- grouping\n- sir\n", "sir\n", "7\n"])
def test_no_mapping(site: Path, text: str) -> None:
    assert refused(site, text).endswith("must hold 'key: value' lines such as 'grouping: sir'")


def test_not_utf8(site: Path) -> None:
    assert refused(site, b"grouping: s\xefr\n").endswith("cannot be read; check the path and that it is UTF-8 text")


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_missing_file_or_a_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="cannot be read; check the path") as caught:
        load_policy(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("text", ["settings: sir\n", "settings: [grouping, sir]\n", "settings: 0\n"])
def test_settings_must_be_a_mapping(site: Path, text: str) -> None:
    assert "key 'settings' must hold 'key: value' lines such as 'grouping: sir'" in refused(site, text)


@pytest.mark.parametrize("form", ["version: {}\n", "version: {}\nsettings: {{grouping: sir}}\n"])
@pytest.mark.parametrize("version", ["2", "x", "true", "null"])
def test_another_version(site: Path, form: str, version: str) -> None:
    assert "key 'version' has a wrong value (it should be 1)" in refused(site, form.format(version))


def test_a_version_alone_or_empty_settings_change_nothing(site: Path) -> None:
    for text in ("version: 1\n", "version: 1\nsettings:\n"):
        site.write_text(text, encoding="utf-8")
        assert load_policy(site) == load_policy()


def test_an_unknown_key_beside_settings(site: Path) -> None:
    assert "auto_treshold" in refused(site, "settings: {grouping: sir}\nauto_treshold: 0.5\n")


@pytest.mark.parametrize(
    "text", ["37248: first\n", "on: true\n", "null: x\n", "settings: {1: x}\n", "? 'a\n\n  b'\n: x\n"]
)
def test_a_key_that_is_no_string(site: Path, text: str) -> None:
    assert "known keys" in refused(site, text)


@pytest.mark.parametrize(
    "text",
    ["grouping: 2020-99-99\n", f"auto_threshold: {'[' * 5000}\n", f"auto_threshold: {'9' * 5000}\n",
     "auto_threshold: !!timestamp x\n", "count_pulmonary: !!bool x\n", "auto_threshold: !!int ''\n", "? [a]\n: b\n"],
    ids=["date", "deep", "digits", "timestamp", "bool", "int", "key"],
)  # fmt: skip
def test_a_value_yaml_cannot_build(site: Path, text: str) -> None:
    assert refused(site, text).endswith("is not valid YAML; write lines such as 'grouping: sir'")


@pytest.mark.parametrize("text", ["first_code: '37249'\n", "addon_code: '37248'\n"])
def test_the_two_codes_differ(site: Path, text: str) -> None:
    message = refused(site, text)
    assert "key 'addon_code' has a wrong value (first_code and addon_code should be two different codes)" in message
