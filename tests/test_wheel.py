"""The built wheel, installed away from the checkout, codes a note with the rules and the model it brings along."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
NOTE = """PROCEDURE: venogram and venoplasty

TECHNIQUE: The right common femoral vein was punctured under ultrasound. Under fluoroscopy the left common iliac vein,
which was narrowed by 80 %, was dilated with a 14 mm balloon to 12 atm. Residual narrowing 10 %.
"""


def clean(**more: str) -> dict[str, str]:
    """The environment without anything that could lead back to the checkout."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")} | more


def python(*args: str, interpreter: Path | str = sys.executable, cwd: Path | None = None) -> str:
    done = subprocess.run([str(interpreter), *args], capture_output=True, text=True, cwd=cwd, env=clean())
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out))
    python("-m", "pip", "wheel", *options, str(ROOT))
    (built,) = out.glob("venocode-*.whl")
    return built


def test_it_holds_the_package_the_rules_and_the_model(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    rules = {p.name for p in (ROOT / "nlp/venocode/rules").glob("*.yaml")}
    assert {n.rpartition("/")[2] for n in names if n.startswith("venocode/rules/")} >= rules
    for wanted in ("models/vein-head/model.skops", "models/vein-head/manifest.json", "writers/page.css", "py.typed"):
        assert f"venocode/{wanted}" in names
    assert {n.partition("/")[0].partition("-")[0] for n in names} == {"venocode"}
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_it_codes_a_note_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "env"
    python("-m", "venv", "--without-pip", str(place))
    inside = place / "bin" / "python"
    where = Path(python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", interpreter=inside).strip())
    python("-m", "pip", "--python", str(inside), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    # The libraries are lent by this environment; venocode itself can only come from the wheel.
    (where / "lent.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    found = python("-c", "import venocode; print(venocode.__file__)", interpreter=inside, cwd=tmp_path)
    assert Path(found.strip()).is_relative_to(place)

    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")
    command = [str(place / "bin" / "venocode"), "code", "note.txt", "--json", "--html", "note.html"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=clean())
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert [(c["code"], c["units"]) for c in record["codes"]] == [("37248", 1)]
    assert record["provenance"]["rules"].startswith("sha256:")
    assert record["provenance"]["model"].startswith("sha256:")
    assert (tmp_path / "note.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
