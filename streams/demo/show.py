"""The demo from beginning to end: broker and worker side by side, then the recordings, watched live."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from schemas.topics import SCORED
from streams.config import Config
from streams.demo.board import FOLLOWED, DemoBoard
from streams.demo.broker import demo_broker
from streams.demo.demo_worker import DemoWorker
from streams.demo.session_file import Session, announced
from streams.demo.view import DemoView
from streams.kafka.follow import Follower, open_follower
from streams.kafka.lag import group_lag
from streams.kafka.replay import ReplaySummary, replay
from streams.runtime.interleave import read_all
from streams.runtime.log import LogRecord
from streams.runtime.pace import ReplayProgress
from streams.runtime.recording import write
from streams.runtime.scored_log import DECODERS

_TAKE_S: Final = 0.2
_READY_S: Final = 90.0
_LAG_EVERY_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to show.

    Attributes:
        recordings: played interleaved.
        speed: how many times faster than recorded; 0: as fast as it goes.
        stay: whether to go on after the last record, until told to stop.
        foreign: whether the configuration's broker is used instead of one of our own.
        cache: folder for the worker's log and the file by which `peakend say` finds the demo.
    """

    recordings: Sequence[Path]
    speed: float
    stay: bool
    foreign: bool
    cache: Path


class Demo:
    """One run of the demo."""

    def __init__(self, config: Config, plan: DemoPlan, view: DemoView) -> None:
        self._config = config
        self._plan = plan
        self._view = view
        self._board = DemoBoard()
        self._doing = "replaying"
        self._begun = time.monotonic()
        self._first_shown = False
        self._complete = False

    async def run(self, stop: asyncio.Event) -> bool:
        """Shows all, until `stop` is set; whether everything was shown.

        Raises:
            DemoWorkerError: the worker does not start, or ended.
            Others, as `demo_broker` and `replay`.
        """
        show = asyncio.create_task(self._show(stop))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({show, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not show.done():
                self._view.end_status()
                self._view.note("stopping ...")
                show.cancel()
                await asyncio.wait({show})
        finally:
            stopping.cancel()
        if not show.cancelled():
            show.result()
        return self._complete

    async def _show(self, stop: asyncio.Event) -> None:
        plan, view = self._plan, self._view
        async with AsyncExitStack() as stack:
            plan.cache.mkdir(parents=True, exist_ok=True)
            worker = DemoWorker(plan.cache / f"demo-{os.getpid()}.log", view.note)
            worker.start()
            stack.push_async_callback(asyncio.to_thread, worker.stop)
            begun = time.monotonic()
            config = await stack.enter_async_context(demo_broker(self._config, foreign=plan.foreign, tell=view.note))
            # Before the broker: a worker without one takes long to leave.
            stack.push_async_callback(asyncio.to_thread, worker.stop)
            whose = "yours" if plan.foreign else "Apache Kafka, one node, ours"
            view.step("broker", f"{config.bootstrap} ({whose}), topics created", time.monotonic() - begun)
            # A new broker makes its topic of committed offsets when it is first asked for one: now, while the
            # model loads, rather than when the worker joins its groups.
            waking = asyncio.create_task(_behind(config))
            stack.callback(waking.cancel)
            worker.configure(
                {
                    "bootstrap": config.bootstrap,
                    "topic_prefix": config.topic_prefix,
                    "metrics_port": 0,
                    "log_level": "warning",
                }
            )
            follower = await stack.enter_async_context(
                open_follower(
                    config.bootstrap,
                    config.security,
                    [config.topic(name) for name in FOLLOWED],
                    from_beginning=True,
                )
            )
            await worker.ready(_READY_S)
            view.step("worker", "model loaded, both stages have their partitions", time.monotonic() - begun)
            # Ended first: nobody is sent to a demo that is going down.
            stack.enter_context(announced(plan.cache, Session(os.getpid(), config.bootstrap, config.topic_prefix)))
            await self._watch(config, worker, follower, stop)

    async def _watch(self, config: Config, worker: DemoWorker, follower: Follower, stop: asyncio.Event) -> None:
        plan, view = self._plan, self._view
        pace = f"{plan.speed:g} times as fast as life" if plan.speed else "as fast as it goes"
        view.note(f"replay   {len(plan.recordings)} conversations, {pace}")
        if plan.stay:
            view.note('Write into it from another terminal: peakend say "I want to speak to a person!"')
        view.note("")
        with ExitStack() as stack:
            merged = stack.enter_context(_merged(plan.recordings))
            playing = asyncio.create_task(self._play(config, merged, stop))
            stack.callback(playing.cancel)
            while not playing.done():
                await self._look(config, worker, follower)
            self._doing = "the last records are on their way"
            await playing
        while await _behind(config):
            await self._look(config, worker, follower)
        self._take(config, await follower.rest())
        view.summary(self._board)
        self._complete = True
        if not plan.stay:
            return
        view.note("")
        view.note('All is played. The worker goes on: peakend say "..." writes into it, Ctrl-C ends it.')
        self._doing = "Ctrl-C ends it"
        while not stop.is_set():
            await self._look(config, worker, follower)

    async def _play(self, config: Config, recording: Path, stop: asyncio.Event) -> ReplaySummary:
        def tell(progress: ReplayProgress) -> None:
            self._doing = f"{progress.sent} of {progress.total} records, {progress.remaining_seconds:.0f} s left"

        return await replay(
            recording,
            config.bootstrap,
            config.security,
            speed=self._plan.speed,
            prefix=config.topic_prefix,
            stop=stop,
            progress=tell,
        )

    async def _look(self, config: Config, worker: DemoWorker, follower: Follower) -> None:
        worker.check()
        self._take(config, await follower.take(_TAKE_S))
        self._view.status(self._board, self._doing)

    def _take(self, config: Config, records: Sequence[LogRecord]) -> None:
        seen_ms = time.time_ns() // 1_000_000
        named = [(record.at.topic.removeprefix(config.topic_prefix), record) for record in records]
        # What came together is shown in the order of the flow: a moment before the hand-off that it causes.
        for topic, record in sorted(named, key=lambda pair: (pair[1].timestamp_ms, FOLLOWED.index(pair[0]))):
            for shown in self._board.take(topic, record.value, seen_ms):
                if not self._first_shown:
                    self._first_shown = True
                    self._view.note(f"         first moment {time.monotonic() - self._begun:.1f} s after the start")
                self._view.show(shown)


@contextmanager
def _merged(recordings: Sequence[Path]) -> Iterator[Path]:
    with TemporaryDirectory(prefix="peakend-demo-") as folder:
        merged = Path(folder) / "demo.jsonl"
        write(merged, read_all(recordings))
        yield merged


async def _behind(config: Config) -> int:
    """Records that a stage has not done yet; the second is asked only when the first has done all."""
    await asyncio.sleep(_LAG_EVERY_S)
    inputs = [config.topic(name) for name in DECODERS]
    for group, topics in ((config.score_group, inputs), (config.state_group, [config.topic(SCORED)])):
        behind = sum(part.lag for part in await group_lag(config.bootstrap, config.security, group, topics))
        if behind:
            return behind
    return 0
