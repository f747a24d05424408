"""Two hosts on one machine, each with a network of its own, and a slow cable between them.

    python -m decentralized_ai.labs.training_hosts --mbit 20

Linux can give processes networks of their own (namespaces), joined by a pair of virtual devices
(veth), and can slow such a device down (tc). All of it is made in a private set of namespaces,
which the kernel takes away when the last process in it ends: nothing is left, and often no root is
needed. Where that is not allowed, two loopback addresses stand in, and the program waits as long
as the cable would take. The output says which of the two it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass

from .training_launch import Kill, Training
from .training_processes import Host

MODULE = "decentralized_ai.labs.training_hosts"
NAMES = ("host1", "host2")
ADDRESSES = ("10.99.0.1", "10.99.0.2")
PRIVATE = (
    *("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid"),
    *("--fork", "--kill-child", "--mount-proc"),
)
NAMESPACES = "two network namespaces, joined by a cable of {mbit:g} Mbit/s (tc)"
LOOPBACK = "two loopback addresses; the program waits as a cable of {mbit:g} Mbit/s would"


@dataclass(frozen=True)
class Row:
    """One training. sent: bytes that a worker counted; wire: what the device of its host really
    sent, envelopes and arrangements included, None on loopback."""

    method: str
    sent: int
    wire: int | None
    seconds: float
    loss: float
    story: str


class Refused(Exception):
    """This machine does not let us make namespaces; the message is its own."""


def refusal() -> str:
    """Why no namespaces with a slow cable can be made on this machine; empty if they can."""
    if missing := [name for name in ("unshare", "ip", "tc") if not shutil.which(name)]:
        return f"{', '.join(missing)} not found"
    program = f"import {MODULE} as hosts; hosts.connect(20)"
    try:
        _run(*PRIVATE, sys.executable, "-c", program)
    except Refused as error:
        return str(error).splitlines()[-1]
    return ""


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def connect(mbit: float) -> tuple[Host, ...]:
    """Make the two networks and the cable, inside of PRIVATE. Raises Refused."""
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")  # where `ip netns` keeps its names: our own now
    for name in NAMES:
        _run("ip", "netns", "add", name)
    _run("ip", "link", "add", "cable1", "type", "veth", "peer", "name", "cable2")
    for name, address, device in zip(NAMES, ADDRESSES, ("cable1", "cable2"), strict=True):
        _run("ip", "link", "set", device, "netns", name)
        _run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", device)
        for each in ("lo", device):
            _run("ip", "-n", name, "link", "set", each, "up")
        inside = ("ip", "netns", "exec", name)
        slow = ("rate", f"{mbit:g}mbit", "burst", "8kb", "latency", "500ms")
        _run(*inside, "tc", "qdisc", "add", "dev", device, "root", "tbf", *slow)
    return tuple(
        Host(address, device, ("ip", "netns", "exec", name))
        for name, address, device in zip(NAMES, ADDRESSES, ("cable1", "cable2"), strict=True)
    )


def on_wire(host: Host) -> int:
    """Bytes that the device of a host has sent so far."""
    for line in _run(*host.prefix, "cat", "/proc/net/dev").splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == host.interface:
            return int(numbers.split()[8])
    raise Refused(f"no device {host.interface}")


def trainings(args: argparse.Namespace) -> list[tuple[str, dict[str, object]]]:
    steps: dict[str, object] = {"steps": args.steps, "every": args.every}
    runs = [("ddp", steps), ("diloco", steps)]
    if args.lose:
        kill = Kill(rank=1, after=args.every, host=True)
        runs = [("diloco", {**steps, "fewest": 1, "restarts": 2, "kill": kill, "slow": 0.02})]
    return runs


def measure(args: argparse.Namespace, hosts: tuple[Host, ...]) -> list[Row]:
    """Run the trainings, one after the other."""
    rows = []
    for method, options in trainings(args):
        real = bool(hosts[0].prefix)
        before = on_wire(hosts[0]) if real else 0
        run = Training(method, hosts=hosts, **options, **({} if real else {"mbit": args.mbit}))  # type: ignore[arg-type]
        for state in run.follow():
            print(f"  {method}: {state.words}", file=sys.stderr, flush=True)
        wire = on_wire(hosts[0]) - before if real else None
        rows.append(Row(method, run.sent, wire, run.seconds, run.loss, run.story()))
    return rows


def show(rows: list[Row], how: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"how": how, "rows": [asdict(row) for row in rows]}))
        return
    print(how)
    for row in rows:
        wire = f", {row.wire:,} on the wire" if row.wire is not None else ""
        print(f"{row.method}: {row.sent:,} bytes sent{wire}, {row.seconds:.1f} s, ", end="")
        print(f"held-out loss {row.loss:.2f}. {row.story}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mbit", type=float, default=20.0, help="of the cable, Mbit/s")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--lose", action="store_true", help="kill the second host in mid-run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--loopback", action="store_true", help="do not even try namespaces")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.every < 1 or args.steps < 1 or args.steps % args.every:
        parser.error("--steps must be a multiple of --every: DiLoCo ends with an exchange")
    if args.inside:
        show(measure(args, connect(args.mbit)), NAMESPACES.format(mbit=args.mbit), args.json)
        return 0
    if not args.loopback and not (why := refusal()):
        again = (*PRIVATE, sys.executable, "-m", MODULE, *sys.argv[1:], "--inside")
        return subprocess.run(again).returncode
    if not args.loopback:
        print(f"no namespaces here: {why}", file=sys.stderr)
    hosts = (Host("127.0.0.2"), Host("127.0.0.3"))
    show(measure(args, hosts), LOOPBACK.format(mbit=args.mbit), args.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
