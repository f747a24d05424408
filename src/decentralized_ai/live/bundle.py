"""Fills `_static/dai/`: what a page with a demo loads, and nothing that it does not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from .. import __version__
from ..cache import cache_dir
from . import assets, fonts

PACKAGE = Path(__file__).parent.parent
JS = PACKAGE / "live" / "js"
CSS = PACKAGE / "live" / "css"
WHEEL = "decentralized_ai.whl"
# Of live/, only these run in the page; the rest draws notebooks and builds pages.
IN_PAGE = {"__init__.py", "browser.py"}
NOT_IN_PAGE = {"live", "validation", "labs", "experiments"}
PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)


def fill(target: Path) -> None:
    """Write all of it under `target`; what is there already and unchanged is left alone."""
    found = assets.prepare()
    target.mkdir(parents=True, exist_ok=True)
    pyodide = target / "pyodide"
    for name in PYODIDE:
        _copy(found.modules / "pyodide" / name, pyodide / name)
    _copy(found.numpy, pyodide / found.numpy.name)
    _copy(
        found.modules / "plotly.js-cartesian-dist-min" / "plotly-cartesian.min.js",
        target / "plotly.min.js",
    )
    fonts.text(found.modules, target / "fonts")
    wheel(target / "pyodide" / WHEEL)
    scripts(found, target)
    snapshot = _snapshot(found, target)
    packages = ("pyodide", "plotly.js-cartesian-dist-min", "esbuild")
    about = {
        "numpy": found.numpy.name,
        "snapshot": snapshot,
        "versions": {"decentralized_ai": __version__}
        | {package: found.version(package) for package in packages},
    }
    (target / "assets.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def wheel(path: Path) -> None:
    """The package as the page's Python installs it: pure Python, byte for byte reproducible."""
    info = f"decentralized_ai-{__version__}.dist-info"
    files = {
        f"decentralized_ai/{source.relative_to(PACKAGE).as_posix()}": source.read_bytes()
        for source in _package_files()
    }
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: decentralized-ai\nVersion: {__version__}\n".encode()
    )
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names).encode()
    temporary = path.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            stamp = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            stamp.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(stamp, content)
    _replace(temporary, path)


def scripts(found: assets.Assets, target: Path) -> None:
    """app.js as one classic script (a page opened from disk may load no module), worker.js as a
    module, app.css as one file; no source maps, since the source is what "Show the code" opens."""
    common = ["--bundle", "--minify", "--log-level=warning", "--charset=utf8", "--target=es2022"]
    jobs = {
        "app.js": (JS / "app.js", ["--format=iife"]),
        "worker.js": (JS / "worker.js", ["--format=esm", "--external:*/pyodide.mjs"]),
        "app.css": (CSS / "app.css", []),
    }
    for name, (source, options) in jobs.items():
        command = [str(found.esbuild()), str(source), *common, *options]
        done = subprocess.run(
            [*command, f"--outfile={target / name}"], capture_output=True, text=True
        )
        if done.returncode:
            raise assets.AssetError(f"esbuild could not bundle {name}: {done.stderr.strip()}")


def _package_files() -> list[Path]:
    keep = [
        path
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".json", ".csv"}
        and path.relative_to(PACKAGE).parts[0] not in NOT_IN_PAGE
    ]
    return sorted([*keep, *(PACKAGE / "live" / name for name in IN_PAGE)])


def _snapshot(found: assets.Assets, target: Path) -> bool:
    """The memory of a Python that has just started: the page's Python is restored from it in a
    fraction of the time. Made by Node, once for each version of Pyodide and of the program."""
    program = JS / "make_snapshot.mjs"
    if not program.exists():
        return False
    inputs = [program, target / "pyodide" / "pyodide-lock.json"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()[:16]
    kept = cache_dir() / "snapshots" / f"{digest}.bin"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(f".{os.getpid()}")
        command = [*assets.node_command(), str(program), str(target / "pyodide"), str(temporary)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not temporary.exists():
            raise assets.AssetError(f"Python's snapshot failed: {done.stderr.strip()[-300:]}")
        temporary.replace(kept)
    _copy(kept, target / "pyodide" / "snapshot.bin")
    return True


def _copy(source: Path, target: Path) -> None:
    here = target.stat() if target.exists() else None
    there = source.stat()
    if here and (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _replace(new: Path, old: Path) -> None:
    """Keep the old file, with its time, where nothing changed: browsers and stamps then know."""
    if old.exists() and old.read_bytes() == new.read_bytes():
        new.unlink()
    else:
        new.replace(old)
