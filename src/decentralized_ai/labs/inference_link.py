"""Links that are slow on purpose: a proxy between a client and the stages, as a process.

    python -m decentralized_ai.labs.inference_link 40001 40002 --delay-ms 25 --mbit 100

For each port it opens one of its own and passes on what comes, both ways. Bytes first queue for the
link, which carries `--mbit` a second in each direction, and then travel for `--delay-ms`. It prints
one line of JSON, the ports to connect to, in the order of those given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

PART = 16_384  # bytes that are read at once
COARSE_S = 0.0015  # asyncio sleeps in whole milliseconds, and rather too long
AHEAD = 64  # parts that may be under way: beyond that the sender waits


class Link:
    """One direction. delay_s: the time of travel. rate: bytes a second; None has no limit."""

    def __init__(self, delay_s: float, rate: float | None) -> None:
        self.delay_s, self.rate = delay_s, rate
        self.free = 0.0  # when the last byte that came will have left

    def arrival(self, size: int, now: float) -> float:
        """When `size` bytes that came at `now` (s) are at the other end."""
        self.free = max(self.free, now) + (size / self.rate if self.rate else 0.0)
        return self.free + self.delay_s

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on everything, at its time, until the end; then the end."""
        clock = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)

        async def take_in() -> None:
            part = b"?"
            while part:
                try:
                    part = await reader.read(PART)
                except ConnectionError:
                    part = b""
                await under_way.put((self.arrival(len(part), clock()), part))

        taking = asyncio.create_task(take_in())
        try:
            while True:
                when, part = await under_way.get()
                await asyncio.sleep(max(0.0, when - clock() - COARSE_S))
                while clock() < when:  # the rest exactly
                    await asyncio.sleep(0)
                if not part:
                    break
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            taking.cancel()
            writer.close()


async def open_link(port: int, delay_s: float, rate: float | None) -> asyncio.Server:
    """A port that leads to `port` of this machine, over a link of its own in each direction."""
    there, back = Link(delay_s, rate), Link(delay_s, rate)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # nobody there: so it looks from this side, too
            writer.close()
            return
        with suppress(asyncio.CancelledError):
            await asyncio.gather(there.carry(reader, far_writer), back.carry(far_reader, writer))

    return await asyncio.start_server(connected, "127.0.0.1", 0)


async def serve(ports: Sequence[int], delay_s: float, rate: float | None) -> None:
    servers = [await open_link(port, delay_s, rate) for port in ports]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def end_with_parent() -> None:
    """Whoever started this process has ended: so does it."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ports", nargs="+", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0, help="one way")
    parser.add_argument("--mbit", type=float, help="megabits a second, each way; else no limit")
    args = parser.parse_args()
    if not 0 <= args.delay_ms <= 10_000 or (args.mbit is not None and not args.mbit > 0):
        parser.error("--delay-ms must be 0 to 10000, --mbit above 0")
    rate = args.mbit * 1e6 / 8 if args.mbit else None
    threading.Thread(target=end_with_parent, daemon=True).start()
    asyncio.run(serve(args.ports, args.delay_ms / 1e3, rate))


if __name__ == "__main__":
    main()
