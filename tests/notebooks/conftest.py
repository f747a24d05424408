"""A real JupyterLab on the labs: on this machine only, with nothing of the user's settings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = ROOT / "notebooks"
LABS = sorted(NOTEBOOKS.glob("*.ipynb"))

# Nothing is asked of the network, and cells off the screen stay in the page.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def apart(work: Any, *args: Any) -> Any:
    """`work(*args)` in a thread of its own, which has no event loop: as in plain Python, whatever
    the browser tests left running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *args).result()


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab on a copy of notebooks/, with a slash at its end."""
    home = tmp_path_factory.mktemp("jupyterlab")
    shutil.copytree(NOTEBOOKS, home / "notebooks")
    for plugin, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.root_dir": home / "notebooks",
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": "True",
        "LabApp.extension_manager": "readonly",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}}
    log = home / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            yield _address(server, home / "runtime", log)
        finally:
            server.terminate()
            server.wait(30)


def _address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    for _ in range(300):
        for path in runtime.glob("jpserver-*.json"):
            if found := json.loads(path.read_text() or "{}").get("url"):
                return str(found)
        if server.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}", pytrace=False)
