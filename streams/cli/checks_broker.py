"""What `peakend doctor` looks at on the broker: topics, partitioner of the producers, lag of both stages."""

from collections.abc import Sequence
from typing import Final

from schemas.topics import SCORED
from streams.cli.findings import Finding, Health, fail, ok, warn
from streams.config import Config
from streams.kafka.connection import UnreachableError
from streams.kafka.lag import group_lag
from streams.kafka.partitioner import partition_for
from streams.kafka.sample import sample_keys
from streams.kafka.topic_check import Gravity, check_topics
from streams.runtime.scored_log import DECODERS

_MUCH: Final = 10_000
"""Records behind at which somebody should look: about a minute's work of a worker."""
_SHOWN: Final = 3


async def broker(config: Config) -> list[Finding]:
    """All that can be looked at on the broker; one finding if none answers."""
    inputs = [config.topic(name) for name in DECODERS]
    findings: list[Finding] = []
    try:
        topics = await _topics(config)
        findings += [ok("broker", f"answers at {config.bootstrap}"), topics]
        if topics.health is not Health.FAIL:
            findings.append(await _partitioner(config, inputs))
            findings.append(await _lag(config, "score", config.score_group, inputs))
            findings.append(await _lag(config, "state", config.state_group, [config.topic(SCORED)]))
    except UnreachableError:
        fix = "start one (`peakend broker`), or correct KAFKA_BOOTSTRAP and the KAFKA_SASL_* and KAFKA_SSL_* settings"
        findings.append(fail("broker", f"none answers at {config.bootstrap}", fix))
    except (RuntimeError, TimeoutError) as error:
        told = f"{type(error).__name__}: {error}"
        fix = "let this user describe topics, groups and their offsets, or look at the broker's log"
        findings.append(fail("broker", told, fix))
    return findings


async def _topics(config: Config) -> Finding:
    declared = config.topics()
    differences = await check_topics(config.bootstrap, config.security, declared)
    if not differences:
        return ok("topics", f"all {len(declared)} as declared")
    serious = [difference for difference in differences if difference.gravity is Gravity.ERROR]
    shown = serious or list(differences)
    more = f" (and {len(shown) - _SHOWN} more)" if len(shown) > _SHOWN else ""
    told = "; ".join(f"{found.topic}: {found.what} {found.actual}".rstrip() for found in shown[:_SHOWN]) + more
    if serious:
        return fail("topics", told, "`peakend topics create` makes missing ones; `peakend topics check` tells the rest")
    return warn("topics", told, "`peakend topics check` tells what to change")


async def _partitioner(config: Config, inputs: Sequence[str]) -> Finding:
    what = "partitioner"
    sampled = await sample_keys(config.bootstrap, config.security, inputs)
    if not sampled:
        return ok(what, "no keyed records yet to look at")
    wrong = [placed for placed in sampled if partition_for(placed.key, placed.partitions) != placed.partition]
    if not wrong:
        return ok(what, f"{len(sampled)} sampled keys lie where murmur2 puts them")
    topics = ", ".join(sorted({placed.topic for placed in wrong}))
    return fail(
        what,
        f"{len(wrong)} of {len(sampled)} sampled keys lie elsewhere than murmur2 puts them ({topics})",
        "set partitioner=murmur2_random in librdkafka producers: a conversation's records must share a partition",
    )


async def _lag(config: Config, stage: str, group: str, topics: Sequence[str]) -> Finding:
    what = f"lag, {stage}"
    parts = await group_lag(config.bootstrap, config.security, group, topics)
    behind = sum(part.lag for part in parts)
    if behind and all(part.committed is None for part in parts):
        return warn(
            what, f"{behind} records, and {group} has never committed", f"start one: peakend worker --stage {stage}"
        )
    if behind >= _MUCH:
        return warn(what, f"{behind} records", "start more workers (up to one a partition), or look at their logs")
    return ok(what, f"{behind} records behind")
