"""The make targets, and the tools that judge the code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from decentralized_ai.live import chromium

ROOT = Path(__file__).parents[2]
TARGETS = ("setup", "html", "book", "lab", "test", "bench", "lock", "format", "clean")


def run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    # A make started by a make would take over its flags.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=clean | dict(more),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows(target: str) -> None:
    done = run("make", "-n", target)
    assert done.returncode == 0, done.stderr


def test_make_alone_says_what_there_is() -> None:
    said = run("make").stdout
    assert "make book" in said and "make test" in said


def test_an_old_python_is_told_in_one_line(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "test.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")  # as 3.10 answers the question whether it is 3.11
    old.chmod(0o755)
    done = run("make", "-C", str(tmp_path), "setup", f"PYTHON={old}")
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1 and "Python 3.11 or newer" in lines[0]


def test_the_ci_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "exec make test" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("tool", (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)))
def test_the_code_passes(tool: tuple[str, ...]) -> None:
    where = () if tool[0] == "mypy" else (".",)
    done = run(sys.executable, "-m", *tool, *where)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_are_valid_and_use_the_pinned_tools() -> None:
    done = run(sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "repo: local" in text and "http" not in text


def test_no_chromium_is_one_line_and_a_failure() -> None:
    done = run(sys.executable, "-m", "decentralized_ai.live.chromium", DAI_CHROMIUM="/none")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["DAI_CHROMIUM=/none does not start."]


def test_where_none_can_be_installed_the_advice_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(chromium.subprocess, "run", lambda *_, **__: None)
    monkeypatch.delenv("DAI_CHROMIUM", raising=False)
    assert chromium.main() == 1
    assert capsys.readouterr().err.splitlines()[-1] == chromium.ADVICE
