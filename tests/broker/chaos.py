"""The deciding tests: restarts under load, a frozen worker, a backlog."""

import asyncio
import signal
import time

from tests.broker.harness import Pipeline, Verdict, load_messages, verify

# Half of it must be longer than a start of Python on a busy machine blocks the loop.
SESSION_S = 12.0
_SESSION = {"PEAKEND_SESSION_TIMEOUT_SECONDS": f"{SESSION_S:g}"}


async def _pour(pipeline: Pipeline, stop: asyncio.Event, rate: int, name: str) -> int:
    """Sends `rate` messages a second until told to stop; tells how many."""
    sent = 0
    while not stop.is_set():
        begun = time.monotonic()
        lines = load_messages(max(1, rate // 10), 10, name=f"{name}-{sent}")
        sent += await pipeline.send_all(lines)
        await asyncio.sleep(max(0.0, len(lines) / rate - (time.monotonic() - begun)))
    return sent


async def restarts_under_load(
    pipeline: Pipeline, *, restarts: int, way: str, rate: int, seconds_between: float
) -> Verdict:
    """Ends the worker `restarts` times while messages keep coming, and compares with a pure replay at the end."""
    stop = asyncio.Event()
    pouring = asyncio.create_task(_pour(pipeline, stop, rate, way.lower()))
    worker = pipeline.worker(**_SESSION)
    for _ in range(restarts):
        await asyncio.sleep(seconds_between)
        worker.signal(signal.Signals[way])
        await asyncio.to_thread(worker.wait, 60)
        worker = pipeline.worker(**_SESSION)
    await asyncio.sleep(seconds_between)
    stop.set()
    sent = await pouring
    await pipeline.drained(240)
    verdict = await verify(pipeline)
    if verdict.events != sent:
        lost = f"{sent} messages were sent, {verdict.events} stand in cx.scored"
        # A killed score stage may write an utterance again, never lose one.
        if verdict.events < sent or way == "SIGTERM":
            return Verdict(
                verdict.events, verdict.outputs, verdict.repeats, verdict.conversations, (*verdict.problems, lost)
            )
    return verdict


async def freeze(pipeline: Pipeline, *, sessions: float) -> Verdict:
    """Freezes a worker under load for so many sessions, lets another take over, then thaws it."""
    stop = asyncio.Event()
    frozen = pipeline.worker(**_SESSION)
    pouring = asyncio.create_task(_pour(pipeline, stop, 100, "freeze"))

    async def at_work() -> bool:
        # A worker that is still loading owns nothing: frozen then, it may rightly go on.
        return await pipeline.count("cx.state") > 0

    await pipeline.until(at_work, 90.0, "the worker did not begin")
    await asyncio.sleep(2.0)
    frozen.signal(signal.SIGSTOP)
    pipeline.worker(**_SESSION)
    await asyncio.sleep(sessions * SESSION_S)
    frozen.signal(signal.SIGCONT)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if not frozen.running:
            break
    left = not frozen.running
    stop.set()
    await pouring
    await pipeline.drained(240)
    verdict = await verify(pipeline)
    if not left:
        problem = "the frozen worker went on after its session"
        return Verdict(
            verdict.events, verdict.outputs, verdict.repeats, verdict.conversations, (*verdict.problems, problem)
        )
    return verdict
