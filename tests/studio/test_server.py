"""A real server in a process of its own, over 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simplecell.cli.main import main
from simplecell.errors import StudioError
from simplecell.studio.gate import MOST_JSON
from simplecell.studio.server import NEXT, PORT, bound

from .conftest import SOURCE, Served

Serve = Callable[..., Served]


def test_the_printed_address_lets_a_browser_in_and_ctrl_c_ends_it_quietly(serve: Serve) -> None:
    served = serve()
    assert set(served.told) == {"url", "address", "host", "port", "runs"}
    assert served.cookie.startswith(f"simplecell-{served.told['port']}=")
    models = served.json("/api/models")["models"]
    assert "zoo:lenet5" in [one["id"] for one in models]
    _, headers, weights = served.raw("GET", "/api/models/zoo:lenet5/weights")
    assert len(np.frombuffer(weights, "<f4")) == 60_900
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    status, headers, _ = served.raw("GET", "/web/formulas/net.js")
    assert (status, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    code, said = served.end()
    assert code == 0
    assert "Traceback" not in said
    assert said.count("\n") <= 2, said


@pytest.mark.parametrize(
    "path", ["/web/../answer.py", "/web/%2e%2e/answer.py", "/web/..%2fanswer.py", "//etc/passwd"]
)
def test_no_spelling_of_a_path_leads_out(serve: Serve, path: str) -> None:
    status, _, found = serve().raw("GET", path)
    assert status == 404
    assert b"import" not in found


def test_a_stranger_gets_nothing_and_its_body_is_not_read(serve: Serve) -> None:
    """A body that is announced and never sent keeps nobody waiting."""
    served = serve()
    port = served.told["port"]
    for head in (
        "GET /api/models HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "GET /api/models HTTP/1.1\r\nHost: evil.example\r\n",
        "POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000000\r\n",
        "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(f"{head}\r\n".encode())
            told = line.recv(4096)
            assert told.startswith(b"HTTP/1.1 403"), told


def test_a_body_that_never_ends_is_cut_off(serve: Serve) -> None:
    served = serve()
    head = (
        "POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Simplecell: 1\r\nCookie: {served.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    part = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", served.told["port"]), timeout=20) as line:
        line.sendall(head.encode())
        sent = 0
        try:
            while sent < 4 * MOST_JSON:
                line.sendall(part)
                sent += 0x10000
        except OSError:
            pass
        assert line.recv(4096).startswith(b"HTTP/1.1 413")


def test_killing_the_server_loses_nothing(serve: Serve, tmp_path: Path) -> None:
    """No process is left behind; the command line goes on, and ends as if nothing had been."""
    served = serve("--runs", "runs")
    told = {"network": "lenet5", "data": "digits", "epochs": 20, "seed": 3, "run": "a"}
    served.json("/api/train", told)
    end = time.monotonic() + 120
    while len(served.json("/api/jobs/run:a/events?after=0")["events"]) < 8:
        assert time.monotonic() < end
        time.sleep(0.05)
    served.process.send_signal(signal.SIGKILL)
    served.process.communicate(timeout=300)
    run, checkpoint = tmp_path / "runs" / "a", tmp_path / "runs" / "a" / "checkpoint.safetensors"
    while not checkpoint.exists() or time.time() - checkpoint.stat().st_mtime < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert not (run / "model.safetensors").exists()
    for out, more in ((run, ["--resume"]), (tmp_path / "right", [])):
        options = [] if more else ["--net", "lenet5", "--epochs", "20", "--seed", "3"]
        with pytest.raises(SystemExit):
            main(["train", "digits", "--out", str(out), *options, *more])
    right = (tmp_path / "right" / "model.safetensors").read_bytes()
    assert (run / "model.safetensors").read_bytes() == right


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to be heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_what_is_trained(serve: Serve, tmp_path: Path, number: int) -> None:
    served = serve()
    served.json("/api/train", {"network": "lenet5", "data": "digits", "epochs": 400, "run": "a"})
    end = time.monotonic() + 120
    while served.json("/api/jobs/run:a")["state"] != "training":
        assert time.monotonic() < end
        time.sleep(0.05)
    code, said = served.end(number)
    assert code == 0
    assert "saved, to be gone on with: runs/a" in said
    assert "Traceback" not in said
    assert (tmp_path / "runs" / "a" / "checkpoint.safetensors").exists()


def test_a_port_that_is_taken_is_said_or_the_next_is_taken() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(StudioError, match=f"port {port} of 127.0.0.1 is taken") as refused:
            bound("127.0.0.1", port)
        assert "Leave --port out" in str(refused.value)
    first, second = bound("127.0.0.1", None), bound("127.0.0.1", None)
    ports = [one.getsockname()[1] for one in (first, second)]
    first.close()
    second.close()
    assert ports[0] != ports[1]
    assert all(PORT <= port < PORT + NEXT for port in ports)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "Name an address of this machine"),
        ("127.0.0.1", 70_000, "from 0 to 65535"),
        ("no such host", 0, "Name an address of this machine"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_in_words(
    host: str, port: int, words: str
) -> None:
    with pytest.raises(StudioError, match=words):
        bound(host, port)


def test_what_is_not_there_is_refused_before_anything_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([str(tmp_path / "gone")], ["--data", str(tmp_path / "gone")]):
        with pytest.raises(SystemExit) as end:
            main(["studio", *arguments, "--no-browser"])
        assert end.value.code == 2
        assert "there is no file or folder" in capsys.readouterr().err


def test_answers_wait_for_no_acknowledgement() -> None:
    """asyncio sends a head at once only where it knows the protocol: else 40 ms an answer."""
    with bound("127.0.0.1", 0) as opened:
        assert opened.proto == socket.IPPROTO_TCP


def test_the_first_page_waits_for_no_heavy_package() -> None:
    report = (
        "import sys, simplecell.studio.answer, simplecell.studio.server;"
        "print(*({'numba', 'scipy', 'sklearn', 'torch', 'onnx', 'matplotlib'} & set(sys.modules)))"
    )
    told = {**os.environ, "PYTHONPATH": str(SOURCE)}
    found = subprocess.run(
        [sys.executable, "-c", report], env=told, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
