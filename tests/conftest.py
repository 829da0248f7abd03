"""What holds for every test: drawn examples have no deadline, and nothing leaves the machine."""

import ipaddress
import signal
import socket
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "simplecell",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("simplecell")

# What a shell runs in the background is told to ignore Ctrl-C, and hands that on to what it
# starts: tests that send one would wait for ever.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Any:
    """Refuse connections to anywhere but this machine, as a machine without a network would."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise OSError(f"tests stay on this machine; one asked for {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield
