"""A Faust app as peakend needs it; every setting that matters has its reason beside it."""

import logging
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import faust
from mode import CrashingSupervisor

from streams.agents.crash import end_later
from streams.config import Config
from streams.runtime.failures import EXIT_CRASHED, Halt

log: Final = logging.getLogger(__name__)

_DRAIN_BUDGET_S: Final = 8.0
_STOP_BUDGET_S: Final = 25.0


class OrderlyApp(faust.App):  # type: ignore[misc]
    """An app that stops in order: no more fetching, what is under way is done and committed, then it leaves."""

    #: Set by the agent's module: waits until nothing is under way, and closes what the agent opened.
    drain: Callable[[float], Awaitable[None]] | None = None
    release: Callable[[], Awaitable[None]] | None = None
    #: Set for one app of a process: what watches it begins before the app joins its group.
    vigil_begins: Callable[[], None] | None = None
    vigil_ends: Callable[[], None] | None = None

    async def on_start(self) -> None:
        """Begins the watch, before the consumer starts: a freeze while joining the group must be felt too."""
        await super().on_start()
        if self.vigil_begins is not None:
            self.vigil_begins()

    async def on_stop(self) -> None:
        """Drains within a budget before Faust's own stop, which does not wait for events in flight."""
        # Whatever hangs in a stop, the process ends: what was under way comes again.
        end_later(_STOP_BUDGET_S, EXIT_CRASHED)
        if self.vigil_ends is not None:
            self.vigil_ends()
        if self.drain is not None and not self.crashed:
            self.consumer.stop_flow()
            self.flow_control.suspend()
            try:
                await self.drain(_DRAIN_BUDGET_S)
                await self.consumer.commit()
            except Exception:
                log.exception("the stop goes on without having drained; what was under way comes again")
        await super().on_stop()
        if self.release is not None:
            await self.release()


def make_app(config: Config, group: str) -> OrderlyApp:
    """The app of one consumer group.

    Raises:
        Halt: Faust's compiled stream is missing.
    """
    _require_compiled_stream()
    settings: dict[str, Any] = {
        "broker": ";".join(f"kafka://{server.strip()}" for server in config.bootstrap.split(",")),
        "broker_credentials": config.security.faust_credentials(faust.SASLCredentials, faust.SSLCredentials),
        # Bytes in, bytes out: Faust acks a record that it cannot decode and then throws.
        "key_serializer": "raw",
        "value_serializer": "raw",
        # Exactly-once loses and duplicates; at least once is made exact in effect by the state's offsets.
        "processing_guarantee": "at_least_once",
        # A dead agent must not leave a worker that looks alive.
        "agent_supervisor": CrashingSupervisor,
        # A rebalance does not wait for events in flight: they come again and are recognised.
        "stream_wait_empty": False,
        "stream_buffer_maxsize": 512,
        "broker_max_poll_records": 500,
        "broker_max_poll_interval": 300.0,
        "broker_session_timeout": config.session_timeout_seconds,
        "broker_heartbeat_interval": min(3.0, config.session_timeout_seconds / 4),
        "broker_rebalance_timeout": max(60.0, config.session_timeout_seconds),
        "broker_request_timeout": max(90.0, config.session_timeout_seconds),
        "broker_commit_interval": 1.0,
        "broker_commit_every": 500,
        # A frozen worker must not deliver what it had in hand after its session.
        "producer_request_timeout": min(20.0, config.session_timeout_seconds / 2),
        "consumer_auto_offset_reset": "earliest",
        # Not 0: Faust's own assignor alone brings equal partitions of co-partitioned topics to one worker.
        "table_standby_replicas": 1,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "autodiscover": False,
        "store": "memory://",
        # Faust makes a folder for tables, which we do not have, in the working directory otherwise.
        "datadir": str(Path(tempfile.gettempdir()) / "peakend-faust"),
    }
    return OrderlyApp(group, **settings)


def _require_compiled_stream() -> None:
    try:
        import faust._cython.streams  # noqa: F401, PLC0415
    except ImportError as error:
        raise Halt(
            "faust-streaming is installed without its compiled stream, and the pure Python one acknowledges events "
            "that nobody processed; install the wheel for this platform, or a C compiler before installing"
        ) from error
