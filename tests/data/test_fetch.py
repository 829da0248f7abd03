"""Fetching, against a small server on this machine: whole and verified, or not at all."""

import errno
import hashlib
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from simplecell.data.fetch import FILES, PUBLISHED, Publication, published_folder
from simplecell.data.sources import load
from simplecell.errors import DataError, FetchError


class Server(ThreadingHTTPServer):
    """Serves a folder; `broken` files break off half way; `asked` is what was asked for."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.broken: set[str] = set()
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(self.path)
        if name not in self.server.broken:
            return super().do_GET()
        data = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True


@pytest.fixture
def server(four_files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The four small files, published as 'mnist'."""
    hashes = [hashlib.sha256((four_files / file).read_bytes()).hexdigest() for file in FILES]
    with Server(four_files) as server:
        publication = Publication(server.url, tuple(hashes), ("a", "b", "c"))
        monkeypatch.setitem(PUBLISHED, "mnist", publication)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SIMPLECELL_CACHE", str(folder))
    return folder


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def refusal(name: str = "mnist", data_dir: Path | None = None) -> str:
    with pytest.raises(FetchError) as refused:
        published_folder(name, data_dir)
    return str(refused.value)


# Over the network


def test_files_are_fetched_once_verified_and_kept(server: Server, cache: Path) -> None:
    data = load("mnist")
    assert data.test is not None
    assert (len(data.train), len(data.test), data.classes) == (12, 6, ("a", "b", "c"))
    assert kept(cache / "mnist") == sorted(FILES)
    load("mnist")
    assert server.asked == [f"/{file}" for file in FILES]


def test_a_damaged_file_in_the_cache_is_fetched_again(server: Server, cache: Path) -> None:
    load("mnist")
    (cache / "mnist" / FILES[2]).write_bytes(b"damaged")
    load("mnist")
    assert server.asked[4:] == [f"/{FILES[2]}"]


def test_a_mirror_serves_the_same_files_by_name(
    server: Server, cache: Path, four_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (four_files / "mnist").mkdir()
    for file in FILES:
        (four_files / file).rename(four_files / "mnist" / file)
    monkeypatch.setenv("SIMPLECELL_MIRROR", server.url)
    load("mnist")
    assert server.asked == [f"/mnist/{file}" for file in FILES]


def test_another_file_than_the_published_one_is_not_kept(
    server: Server, cache: Path, four_files: Path
) -> None:
    wanted = PUBLISHED["mnist"].sha256[0]
    (four_files / FILES[0]).write_bytes(b"something else")
    message = refusal()
    assert f"mnist: {server.url}{FILES[0]} is not the published file; nothing was kept" in message
    assert wanted in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert "SIMPLECELL_MIRROR" in message
    assert kept(cache) == []


def test_a_file_that_is_not_there_is_said_with_what_to_do(
    server: Server, cache: Path, four_files: Path
) -> None:
    (four_files / FILES[1]).unlink()
    message = refusal()
    assert f"mnist could not be fetched from {server.url}{FILES[1]}" in message
    assert "404" in message
    assert "--data-dir" in message
    assert "SIMPLECELL_DATA" in message
    assert "'digits' needs no download" in message
    assert kept(cache) == [FILES[0]]


def test_a_transfer_that_breaks_off_leaves_nothing(server: Server, cache: Path) -> None:
    server.broken.add(FILES[0])
    message = refusal()
    assert f"mnist could not be fetched from {server.url}{FILES[0]}" in message
    assert "IncompleteRead" in message
    assert kept(cache) == []
    server.broken.clear()
    assert len(load("mnist").train) == 12


def test_no_network_is_said_in_one_plain_line(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("SIMPLECELL_MIRROR", url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    message = refusal("fashion-mnist")
    assert f"could not be fetched from {url}/fashion-mnist/{FILES[0]}:\n  [Errno" in message
    assert "Connection refused" in message
    assert "HTTPConnectionPool" not in message
    assert "without a network" in message
    assert kept(cache) == []


def test_a_full_disk_is_named_and_leaves_nothing(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, url: str, output_file: str, pooch: object) -> None:
        Path(output_file).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    message = refusal()
    assert f"mnist: no space left in {cache / 'mnist'}; nothing was kept" in message
    assert "SIMPLECELL_CACHE" in message
    assert kept(cache) == []


def test_a_cache_that_cannot_be_written_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "taken"))
    message = refusal()
    assert f"{tmp_path / 'taken' / 'mnist'} cannot be written" in message
    assert "SIMPLECELL_CACHE" in message


def test_a_cache_of_somebody_else_is_named(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pooch raises its own PermissionError then, with words and no number."""

    def forbidden(path: str, env: str | None = None) -> None:
        raise PermissionError("Pooch could not write to data cache folder")

    monkeypatch.setattr(pooch.core, "make_local_storage", forbidden)
    assert f"{cache / 'mnist'} cannot be written: Pooch could not" in refusal()


def test_an_interrupted_fetch_leaves_nothing(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object, url: str, output_file: str, pooch: object) -> None:
        Path(output_file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        published_folder("mnist")
    assert kept(cache) == []


def test_progress_is_drawn_on_a_terminal_alone(
    server: Server, cache: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    published_folder("mnist")
    assert "%" not in capsys.readouterr().err
    for file in FILES:
        (cache / "mnist" / file).unlink()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    published_folder("mnist")
    captured = capsys.readouterr()
    assert f"\r  mnist/{FILES[0]} 100 %\n" in captured.err
    assert captured.out == ""


# From a folder


@pytest.mark.parametrize("inside", ["mnist", "."], ids=["by name", "the files themselves"])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_named_folder_is_used_instead_of_the_network(
    inside: str, how: str, server: Server, four_files: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    named = tmp_path / "data"
    (named / inside).mkdir(parents=True)
    for file in FILES:
        (four_files / file).rename(named / inside / file)
    if how == "environment":
        monkeypatch.setenv("SIMPLECELL_DATA", str(named))
    assert len(load("mnist", data_dir=named if how == "argument" else None).train) == 12
    assert server.asked == []


def test_the_argument_wins_over_the_environment(
    server: Server, four_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMPLECELL_DATA", str(tmp_path / "elsewhere"))
    assert published_folder("mnist", four_files) == four_files


def test_another_file_in_a_named_folder_is_refused_with_both_hashes(four_files: Path) -> None:
    """It is not the published MNIST, so it may not pass for it."""
    found = hashlib.sha256((four_files / FILES[0]).read_bytes()).hexdigest()
    with pytest.raises(DataError) as refused:
        load("mnist", data_dir=four_files)
    message = str(refused.value)
    assert f"{four_files / FILES[0]} is not the published mnist file" in message
    assert found in message
    assert PUBLISHED["mnist"].sha256[0] in message
    assert f"give its folder, {four_files}, in place of 'mnist'" in message


def test_a_named_folder_without_the_files_is_refused_not_passed_over(
    server: Server, cache: Path, tmp_path: Path, four_files: Path
) -> None:
    message = refusal("mnist", tmp_path / "nowhere")
    assert f"mnist was looked for in {tmp_path / 'nowhere' / 'mnist'} and" in message
    assert f"not found: {', '.join(FILES)}" in message
    assert PUBLISHED["mnist"].url in message
    (four_files / FILES[3]).unlink()
    assert f"looked for in {four_files}; not found: {FILES[3]}" in refusal("mnist", four_files)
    assert server.asked == []


# What is published


def test_every_published_file_has_a_sha256_of_its_own() -> None:
    hashes = [sha256 for publication in PUBLISHED.values() for sha256 in publication.sha256]
    assert len(set(hashes)) == 4 * len(PUBLISHED)
    assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in hashes)
    assert all(len(publication.classes) == 10 for publication in PUBLISHED.values())


def test_mnist_here_is_the_published_one(data_dir: Path) -> None:
    assert published_folder("mnist", data_dir) == data_dir / "mnist"
