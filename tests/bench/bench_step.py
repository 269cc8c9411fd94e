"""Mean processor time of a step on typical conversations; it prints and asserts nothing.

Run: `python -m tests.bench.bench_step`.
"""

import time
from collections.abc import Iterator
from statistics import mean, quantiles

from schemas.scored import Scored
from streams.core.state import ConversationState, encode_state
from streams.core.step import step
from tests.conversations import START_MS, journey, shipped, utterance

_CONVERSATIONS = 100


def conversation(number: int, *, stormy: bool = True) -> Iterator[Scored]:
    """Twenty turns: a bot, an agent, the end; stormy ones have a failed contact, a build-up and a peak."""
    name = f"c{number}"
    at_ms = START_MS
    sketch = [((index * 37 + number) % 255) - 127 for index in range(64)]
    for turn in range(20):
        at_ms += 9_000
        role = "customer" if turn % 2 else ("bot" if turn < 10 else "agent")
        bad = stormy and role == "customer" and turn in {5, 7, 9}
        yield utterance(
            f"{name}-{turn}",
            f"Turn {turn}: I have been waiting for my order 88-1234 since Monday and nobody answers me.",
            role=role,
            at_ms=at_ms,
            conversation=name,
            sentiment="negative" if bad else "neutral",
            intensity=(3 if turn == 9 else 2) if bad else 0,
            emotions=("anger", "frustration") if bad else (),
            intents=("complaint", "delivery_problem") if role == "customer" else (),
            cues=("repeat_contact",) if bad and turn == 5 else (),
            sketch=[(value * (turn + 3)) % 127 for value in sketch],
            language="en",
            topic="delivery" if role == "customer" else None,
        )
    yield journey(f"{name}-end", "ended", at_ms=at_ms + 5_000, conversation=name)


def measure(name: str, streams: list[list[Scored]]) -> None:
    catalogue = shipped()
    steps: list[float] = []
    encodes: list[float] = []
    sizes: list[int] = []
    outputs = 0
    for events in streams:
        state: ConversationState | None = None
        for event in events:
            start = time.thread_time()
            done = step(state, event, START_MS + 10_000_000, catalogue)
            middle = time.thread_time()
            payload = encode_state(done.state)
            encodes.append(time.thread_time() - middle)
            steps.append(middle - start)
            sizes.append(len(payload))
            outputs += len(done.outputs)
            state = done.state
    print(
        f"{name}: step mean {mean(steps) * 1e6:.0f} us, p95 {quantiles(steps, n=20)[-1] * 1e6:.0f} us; "
        f"encode mean {mean(encodes) * 1e6:.0f} us, state mean {mean(sizes):.0f} bytes, largest {max(sizes)}; "
        f"{len(steps)} events, {outputs / len(streams):.1f} outputs a conversation"
    )


def main() -> None:
    stormy = [list(conversation(number)) for number in range(_CONVERSATIONS)]
    calm = [list(conversation(number, stormy=False)) for number in range(_CONVERSATIONS)]
    measure("calm", calm)
    measure("stormy", stormy)
    measure("one stormy in five", [(stormy if number % 5 == 0 else calm)[number] for number in range(_CONVERSATIONS)])


if __name__ == "__main__":
    main()
