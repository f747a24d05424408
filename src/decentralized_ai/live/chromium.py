"""Finds a Chromium for the browser tests and the bench, or installs one; never passes in silence.

`python -m decentralized_ai.live.chromium` prints where it is, or fails with one line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/{0}.app/Contents/MacOS/{0}"
ADVICE = (
    "No Chromium, and none could be installed: install Chromium or Chrome, or set DAI_CHROMIUM."
)


class NoChromium(RuntimeError):
    """One line: what to do."""


def find() -> str | None:
    """The program's path: $DAI_CHROMIUM, one on the PATH, Playwright's own; None if none starts."""
    if chosen := os.environ.get("DAI_CHROMIUM"):
        return chosen if _starts(chosen) else None
    candidates = [shutil.which(name) for name in NAMES]
    candidates += [MAC.format("Google Chrome"), MAC.format("Chromium"), _playwrights()]
    return next((path for path in candidates if path and _starts(path)), None)


def ensure() -> str:
    """The program's path, after installing it if need be. NoChromium if that cannot be done."""
    if found := find():
        return found
    if os.environ.get("DAI_CHROMIUM"):
        raise NoChromium(f"DAI_CHROMIUM={os.environ['DAI_CHROMIUM']} does not start.")
    print("No Chromium here: installing one ...", file=sys.stderr, flush=True)
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        attempts += [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
    for command in attempts:
        try:
            subprocess.run(command, capture_output=True, timeout=600)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found := find():
            return found
    raise NoChromium(ADVICE)


def options() -> list[str]:
    """What Chromium needs to run as root, as it does in a container."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox", "--disable-dev-shm-usage"] if root else []


def _playwrights() -> str | None:
    # In a process of its own: Playwright's sync API cannot start twice in one.
    ask = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    path = done.stdout.strip()
    return path if done.returncode == 0 and Path(path).exists() else None


def _starts(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version", *options()], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    try:
        print(f"Chromium: {ensure()}")
    except NoChromium as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
