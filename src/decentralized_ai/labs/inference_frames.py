"""Messages between the lab's processes: frames on a TCP connection, nothing pickled.

A frame is 4 letters, two lengths, a header in JSON, and the numbers of one array as they lie in
memory (little-endian float32). Whoever is at the other end is not trusted: a frame that is not as
it says raises BrokenFrame, which names what is wrong, before anything of it is used.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from typing import Any

import numpy as np

LETTERS = b"DAI4"
LENGTHS = struct.Struct("!4sII")  # letters, bytes of the header, bytes of the array
MOST_HEADER, MOST_ARRAY = 4_096, 64 * 2**20
NUMBERS = np.dtype("<f4")
PATIENCE_S = 60.0  # for an answer
Header = dict[str, Any]


class BrokenFrame(ValueError):
    """What came is no frame; the message says why."""


class Gone(ConnectionError):
    """The other end has closed the connection, or was killed."""


def pack(header: Header, array: np.ndarray | None = None) -> bytes:
    """One frame. array: float32, of any shape; the shape goes into the header."""
    numbers = b""
    if array is not None:
        array = np.ascontiguousarray(array, dtype=NUMBERS)
        header, numbers = {**header, "shape": list(array.shape)}, array.tobytes()
    words = json.dumps(header).encode()
    if len(words) > MOST_HEADER or len(numbers) > MOST_ARRAY:
        raise BrokenFrame(f"{len(words)} and {len(numbers)} bytes are too long for a frame")
    return LENGTHS.pack(LETTERS, len(words), len(numbers)) + words + numbers


def lengths(start: bytes) -> tuple[int, int]:
    """Bytes of the header and of the array, from a frame's first bytes."""
    letters, words, numbers = LENGTHS.unpack(start)
    if letters != LETTERS:
        raise BrokenFrame(f"it begins with {letters!r}, not {LETTERS!r}")
    if not 2 <= words <= MOST_HEADER:
        raise BrokenFrame(f"a header of {words} bytes; 2 to {MOST_HEADER} are allowed")
    if numbers > MOST_ARRAY or numbers % NUMBERS.itemsize:
        raise BrokenFrame(
            f"an array of {numbers} bytes; at most {MOST_ARRAY}, in fours, are allowed"
        )
    return words, numbers


def unpack(words: bytes, numbers: bytes) -> tuple[Header, np.ndarray | None]:
    """The header and the array (None if the frame has none)."""
    try:
        header = json.loads(words)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BrokenFrame("the header is no JSON") from None
    if not isinstance(header, dict):
        raise BrokenFrame("the header is no JSON object")
    shape = header.get("shape")
    if shape is None:
        if numbers:
            raise BrokenFrame(f"{len(numbers)} bytes without a shape")
        return header, None
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if not whole or len(shape) > 4:
        raise BrokenFrame(f"{str(shape)[:40]} is no shape of an array")
    if math.prod(shape) * NUMBERS.itemsize != len(numbers):
        raise BrokenFrame(f"an array of shape {shape} has not {len(numbers)} bytes")
    return header, np.frombuffer(numbers, NUMBERS).reshape(shape)


def connect(port: int) -> socket.socket:
    """A connection to a port of this machine. Raises Gone."""
    try:
        found = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    except OSError as error:
        raise Gone(f"port {port} cannot be reached ({error.strerror or error})") from None
    at_once(found)
    return found


def at_once(connection: socket.socket) -> None:
    """A small frame shall not wait for the next one."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(to: socket.socket, header: Header, array: np.ndarray | None = None) -> int:
    """Send one frame; its bytes. Raises Gone."""
    frame = pack(header, array)
    try:
        to.sendall(frame)
    except OSError as error:
        raise Gone(f"the connection broke while sending ({error.strerror or error})") from None
    return len(frame)


def receive(source: socket.socket) -> tuple[Header, np.ndarray | None]:
    """The next frame. Raises Gone at the end of the connection, and BrokenFrame."""
    words, numbers = lengths(_exactly(source, LENGTHS.size, between_frames=True))
    return unpack(_exactly(source, words), _exactly(source, numbers))


def _exactly(source: socket.socket, count: int, between_frames: bool = False) -> bytes:
    found = bytearray()
    while len(found) < count:
        try:
            part = source.recv(min(count - len(found), 2**20))
        except TimeoutError:
            raise Gone(f"no answer within {source.gettimeout():g} s") from None
        except OSError as error:
            raise Gone(f"the connection broke ({error.strerror or error})") from None
        if not part:
            if found or not between_frames:
                raise Gone("the connection ended in the middle of a frame")
            raise Gone("the other end has closed the connection")
        found += part
    return bytes(found)
