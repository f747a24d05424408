"""The processes of a training: where they run, what they are given, how they are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Host:
    """Where one torchrun is started. address: its own; prefix: what a command must begin with to
    run there; interface: the name of its network device."""

    address: str = "127.0.0.1"
    interface: str = "lo0" if sys.platform == "darwin" else "lo"
    prefix: tuple[str, ...] = ()


def environment(host: Host) -> dict[str, str]:
    # Workers import what this process can: a rule may come from a file beside the notebook.
    places = [str(PACKAGE), *(str(Path(place).resolve()) for place in sys.path)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(places)),
        "OMP_NUM_THREADS": "1",
        # Without it the workers of a second start may read the first one's addresses: torchrun
        # gives both the same store (torch 2.13), and who comes first finds the other's old entry.
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "GLOO_SOCKET_IFNAME": host.interface,
    }


def free_port(host: Host) -> int:
    """A port that nobody listens on now; 29400, torchrun's usual one, on a host of its own."""
    if host.prefix:
        return 29400
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((host.address, 0))
        return int(probe.getsockname()[1])


def end(pid: int) -> None:
    """SIGKILL for a process and its group, if it still runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def running(folder: Path) -> set[int]:
    """Processes of the training that reports to `folder`, those too that have not yet begun to."""
    numbers = (path.name for path in Path("/proc").glob("[0-9]*"))
    return {int(number) for number in numbers if is_ours(int(number), folder)}


def is_ours(pid: int, folder: Path) -> bool:
    """Whether `pid` is one of the training that reports to `folder`; without /proc: if it runs."""
    try:
        return os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self").exists()
