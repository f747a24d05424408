"""A small server for the built book: local, compressed, right MIME types.

`python -m decentralized_ai.live.serve _build/html` prints the address; Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
import email.utils
import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ipynb": "application/json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
# A .whl and a .zip are compressed already; a snapshot of Python's memory (.bin) is not.
COMPRESSED = {*TYPES, ".bin"} - {".ico"}


@lru_cache(maxsize=512)
def _compressed(path: Path, stamp: int) -> bytes:
    # `stamp` is part of the key only: a file that changed is compressed anew.
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """GET and HEAD of the files under one folder. The root is set by `serve`."""

    root: Path
    protocol_version = "HTTP/1.1"  # keeps connections open: fewer round trips a page

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        url = urlsplit(self.path)
        path = (self.root / unquote(url.path).lstrip("/")).resolve()
        if not path.is_relative_to(self.root):
            return self.send_error(HTTPStatus.NOT_FOUND)
        if path.is_dir():
            if not url.path.endswith("/"):
                self.send_response(HTTPStatus.MOVED_PERMANENTLY)
                self.send_header(
                    "Location", f"{url.path}/" + (f"?{url.query}" if url.query else "")
                )
                self.send_header("Content-Length", "0")
                return self.end_headers()
            path /= "index.html"
        try:
            status = path.stat()
            zipped = path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
            content = _compressed(path, status.st_mtime_ns) if zipped else path.read_bytes()
        except (OSError, ValueError):
            return self.send_error(HTTPStatus.NOT_FOUND)
        tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{"z" if zipped else ""}"'
        fresh = self.headers.get("If-None-Match") == tag
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK)
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", "no-cache")  # keep it, but ask whether it changed
        self.send_header("Vary", "Accept-Encoding")
        if not fresh:
            self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Last-Modified", email.utils.formatdate(status.st_mtime, usegmt=True))
            if zipped:
                self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if body and not fresh:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a reader of the book does not read a log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection early is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serve(directory: str | Path, port: int = 0) -> Iterator[str]:
    """The address, such as http://127.0.0.1:8000, while the files under `directory` are served.

    port: 0 takes a free one. OSError if the port is taken.
    """
    root = Path(directory).resolve()
    server = Server(("127.0.0.1", port), type("Handler", (Handler,), {"root": root}))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve a built book on this machine.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    args = parser.parse_args(argv)
    if not (args.directory / "index.html").is_file():
        print(f"No book in {args.directory}: build it with make html.", file=sys.stderr)
        return 1
    try:
        with serve(args.directory, args.port) as address:
            print(f"The book is at {address}/  (Ctrl-C stops it)", flush=True)
            threading.Event().wait()
    except OSError as error:
        print(f"Cannot serve at port {args.port}: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
