"""One small HTTP server on a thread of its own: `/metrics`, `/livez`, `/readyz`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


@dataclass(frozen=True, slots=True)
class Probe:
    """An answer: whether all is well, and what there is to tell of each stage."""

    well: bool
    told: Mapping[str, object]


class ProbeServer:
    """Answers while the event loop is busy or stuck, since that is when somebody asks.

    Args:
        address: host and port; port 0 takes a free one.
        live: whether the process does its work; a 503 means start it again.
        ready: whether it can take work; a 503 means wait.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        address: tuple[str, int],
        registry: CollectorRegistry,
        *,
        live: Callable[[], Probe],
        ready: Callable[[], Probe],
    ) -> None:
        probes = {"/livez": live, "/readyz": ready}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/metrics":
                    encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                    self._answer(200, encode(registry), content_type)
                elif path in probes:
                    probe = probes[path]()
                    body = orjson.dumps({"ok": probe.well, "told": dict(probe.told)})
                    self._answer(200 if probe.well else 503, body, "application/json")
                else:
                    self._answer(404, b"/metrics /livez /readyz\n", "text/plain")

            def _answer(self, status: int, body: bytes, content_type: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Scrapes are not worth a log line each."""

        self._server = ThreadingHTTPServer(address, Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="peakend-probes", daemon=True)

    @property
    def address(self) -> str:
        """host:port as bound."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._server.server_close()
