"""One message sent into a running pipeline, and what came of it."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Final

from schemas.inputs import Message, Role, TextChannel
from schemas.outputs import Escalation, Moment, Routing
from schemas.record import DecodeError, Record
from schemas.scored import Scored
from schemas.times import rfc3339
from schemas.topics import ESCALATIONS, MESSAGES, MOMENTS, RECORD_TYPES, ROUTING, SCORED
from streams.config import Config
from streams.kafka.follow import Follower, open_follower
from streams.kafka.offsets import KafkaOffsets
from streams.kafka.producer import KafkaProducer
from streams.runtime.log import TopicPartition

_FOLLOWED: Final = (SCORED, MOMENTS, ROUTING, ESCALATIONS)
_LOOK_S: Final = 0.1
_CLIENT: Final = "peakend-say"


class NoAnswerError(TimeoutError):
    """No worker scored the message in time."""


@dataclass(slots=True)
class Reply:
    """What came of a message: its scored record, and the records of its conversation that followed."""

    scored: Scored
    took_s: float
    moments: list[Moment] = field(default_factory=list)
    routing: list[Routing] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)


def message(text: str, conversation_id: str, *, channel: TextChannel, role: Role) -> Message:
    """A message that is said now."""
    return Message.from_value(
        {
            "message_id": f"say-{uuid.uuid4()}",
            "conversation_id": conversation_id,
            "channel": channel,
            "role": role,
            "text": text,
            "sent_at": rfc3339(time.time_ns() // 1_000_000),
        }
    )


async def say(config: Config, said: Message, *, timeout_s: float) -> Reply:
    """Sends a message and waits until both stages are done with it.

    Raises:
        NoAnswerError: that took longer than `timeout_s`.
        UnreachableError: no broker answers.
        UnknownTopicError: the topics are not there.
    """
    topics = [config.topic(name) for name in _FOLLOWED]
    async with open_follower(config.bootstrap, config.security, topics) as follower:
        producer = KafkaProducer(config.bootstrap, config.security, client_id=_CLIENT)
        offsets = KafkaOffsets(config.bootstrap, config.security, client_id=_CLIENT)
        await producer.start()
        try:
            await offsets.start()
            begun = time.monotonic()
            await producer.send(config.topic(MESSAGES), key=said.conversation_id.encode(), value=said.encode())
            await producer.flush()
            waiting = _Waiting(config, said, follower, offsets, begun=begun, deadline=begun + timeout_s)
            return await waiting.reply()
        finally:
            await offsets.stop()
            await producer.stop()


class _Waiting:
    def __init__(
        self,
        config: Config,
        said: Message,
        follower: Follower,
        offsets: KafkaOffsets,
        *,
        begun: float,
        deadline: float,
    ) -> None:
        self._config = config
        self._said = said
        self._follower = follower
        self._offsets = offsets
        self._begun = begun
        self._deadline = deadline
        self._reply: Reply | None = None
        self._at = TopicPartition(config.topic(SCORED), 0)
        self._next_offset = 0
        self._early: list[Record] = []

    async def reply(self) -> Reply:
        while self._reply is None:
            self._check("scored the message")
            await self._take()
        while not await self._applied():
            self._check("applied the scored message to its conversation")
            await self._take()
        await self._take(rest=True)
        for record in self._early:
            self._keep(self._reply, record)
        return self._reply

    def _check(self, what: str) -> None:
        if time.monotonic() > self._deadline:
            raise NoAnswerError(
                f"no worker has {what} within {self._deadline - self._begun:.0f} s: "
                "is `peakend demo` or `peakend worker` running? `peakend doctor` looks"
            )

    async def _applied(self) -> bool:
        # The stage commits an offset when everything that the record caused is delivered.
        committed = await self._offsets.committed(self._config.state_group, [self._at])
        return (committed[self._at] or 0) >= self._next_offset

    async def _take(self, *, rest: bool = False) -> None:
        records = await (self._follower.rest() if rest else self._follower.take(_LOOK_S))
        for found in records:
            try:
                record = RECORD_TYPES[found.at.topic.removeprefix(self._config.topic_prefix)].decode(found.value or b"")
            except DecodeError:
                continue
            if getattr(record, "conversation_id", None) != self._said.conversation_id:
                continue
            if isinstance(record, Scored):
                if record.message_id == self._said.message_id and self._reply is None:
                    self._reply = Reply(record, time.monotonic() - self._begun)
                    self._at, self._next_offset = found.at, found.offset + 1
            else:
                self._early.append(record)

    @staticmethod
    def _keep(reply: Reply, record: Record) -> None:
        match record:
            case Moment():
                reply.moments.append(record)
            case Routing():
                reply.routing.append(record)
            case Escalation():
                reply.escalations.append(record)
