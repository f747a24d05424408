"""The pinned files: complete, of one resolution, light where they should be."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
NPM = ROOT / "src" / "decentralized_ai" / "live" / "npm"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    "requirements.txt": ("lab", "book", "torch"),
    "requirements/book.txt": ("book",),
    "requirements/lab.txt": ("lab", "torch"),
    "requirements/test.txt": ("lab", "book", "torch", "test"),
}


def pins(name: str) -> dict[str, Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


@pytest.mark.parametrize("name", EXTRAS)
def test_every_line_is_one_exact_version(name: str) -> None:
    for pin in pins(name).values():
        (only,) = pin.specifier
        assert only.operator == "==" and "*" not in only.version, pin
        assert pin.url is None, pin


@pytest.mark.parametrize("name", EXTRAS)
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    wanted = [*PROJECT["dependencies"]]
    for extra in EXTRAS[name]:
        wanted += PROJECT["optional-dependencies"][extra]
    found = pins(name)
    for need in map(Requirement, wanted):
        pin = found[canonicalize_name(need.name)]
        (only,) = pin.specifier
        assert need.specifier.contains(only.version), f"{need} is pinned as {pin}: run make lock"


def test_all_files_are_of_one_resolution() -> None:
    seen: dict[str, str] = {}
    for name in EXTRAS:
        for package, pin in pins(name).items():
            assert seen.setdefault(package, str(pin.specifier)) == str(pin.specifier), package


def test_torch_is_where_it_is_needed_and_without_cuda() -> None:
    for name in EXTRAS:
        heavy = [p for p in pins(name) if p.startswith(("nvidia-", "triton", "cuda"))]
        assert heavy == []
        if "torch" in EXTRAS[name]:
            assert str(pins(name)["torch"].specifier) == "==2.13.0"
            assert "sympy" in pins(name)  # whose text the recorded runs read
        else:
            assert "torch" not in pins(name)


def test_binder_takes_the_cpu_build() -> None:
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-r ../requirements.txt" in lines
    assert [line for line in lines if line.startswith("--extra-index-url") and "/cpu" in line]


def test_jupyter_book_stays_at_one() -> None:
    for name in ("requirements.txt", "requirements/book.txt", "requirements/test.txt"):
        assert str(pins(name)["jupyter-book"].specifier).startswith("==1.")


def test_the_build_backend_is_the_pinned_one() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (backend,) = config["build-system"]["requires"]
    for name in EXTRAS:
        assert str(pins(name)["setuptools"]) == backend


def test_the_browser_s_libraries_are_locked_by_hash_alone() -> None:
    package = json.loads((NPM / "package.json").read_text(encoding="utf-8"))
    text = (NPM / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert not re.search(r"https?://|git\+", text)
    for name, version in package["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name}: an exact version"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for path, entry in lock["packages"].items():
        assert not path or entry["integrity"].startswith("sha512-"), path
