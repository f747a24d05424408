"""The little server, over a real socket."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from decentralized_ai.live import serve

WORDS = b"machines that many people own " * 200


@pytest.fixture
def server(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    (tmp_path / "secret.txt").write_bytes(b"outside")
    root = tmp_path / "html"
    (root / "part").mkdir(parents=True)
    (root / "index.html").write_bytes(WORDS)
    (root / "part" / "index.html").write_bytes(b"a part")
    (root / "code.wasm").write_bytes(WORDS)
    (root / "module.mjs").write_bytes(WORDS)
    (root / "package.whl").write_bytes(WORDS)
    with serve.serve(root) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        yield connection
        connection.close()


def get(
    server: http.client.HTTPConnection, path: str, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    server.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = server.getresponse()
    return answer, answer.read()


def test_it_binds_to_this_machine_only(server: http.client.HTTPConnection) -> None:
    assert server.host == "127.0.0.1"


def test_text_goes_compressed_where_the_browser_asks(server: http.client.HTTPConnection) -> None:
    answer, body = get(server, "/", Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == WORDS and len(body) < len(WORDS) / 10
    answer, body = get(server, "/")
    assert answer.headers["Content-Encoding"] is None and body == WORDS


@pytest.mark.parametrize(
    ("path", "kind"),
    # IANA's media types; a browser runs a module or streams WebAssembly under no other.
    [("/module.mjs", "text/javascript"), ("/code.wasm", "application/wasm"), ("/", "text/html")],
)
def test_types(server: http.client.HTTPConnection, path: str, kind: str) -> None:
    answer, _ = get(server, path, Accept_Encoding="gzip")
    assert answer.headers["Content-Type"].split(";")[0] == kind


def test_a_wheel_is_not_compressed_twice(server: http.client.HTTPConnection) -> None:
    answer, body = get(server, "/package.whl", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] is None and body == WORDS


def test_an_unchanged_file_is_not_sent_again(server: http.client.HTTPConnection) -> None:
    first, _ = get(server, "/", Accept_Encoding="gzip")
    tag = first.headers["ETag"]
    again, body = get(server, "/", Accept_Encoding="gzip", If_None_Match=tag)
    assert again.status == 304 and body == b""


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_the_folder(server: http.client.HTTPConnection, path: str) -> None:
    answer, body = get(server, path)
    assert answer.status == 404 and b"outside" not in body


def test_a_folder_shows_its_index(server: http.client.HTTPConnection) -> None:
    answer, _ = get(server, "/part?load=0.9")
    assert answer.status == 301 and answer.headers["Location"] == "/part/?load=0.9"
    assert get(server, "/part/")[1] == b"a part"


def test_what_is_missing_is_said(
    server: http.client.HTTPConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get(server, "/none.html")[0].status == 404
    assert serve.main([str(tmp_path / "none")]) == 1
    assert "make html" in capsys.readouterr().err
