"""What can be wrong with an installation, looked at from outside, and what to do about each of it.

Everything is read; nothing is changed. The checks need what a worker may do, and tell what they could not look at.
"""

from __future__ import annotations

import ctypes
import time
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from confluent_kafka import KafkaException

from streams.contract.topics import SETTLEMENTS
from streams.language.problems import PackError
from streams.rules.pack import load_pack
from streams.topology import access, topics
from streams.topology.clients import passing, plain
from streams.topology.standing import (
    Backlog,
    Standing,
    StandingError,
    UnansweredError,
    ends,
    newest_of,
    source,
    standing,
    without_rows,
)
from streams.topology.topics import REQUEST_S, TopicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from confluent_kafka.admin import AdminClient

    from streams.settings import Settings

Level = Literal["ok", "note", "problem"]
AHEAD_S: Final = 5.0
"""How far a sender's clock may be ahead of ours before it is said."""
OLD: Final = 0.5
"""Share of the retention time after which an event that waits is in danger."""
_TIME_ERROR: Final = 5
_TIMEX_BYTES: Final = 512


class Finding(NamedTuple):
    """One thing that was looked at."""

    area: str
    level: Level
    text: str
    #: What to do about it.
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.level:7} {self.area:10} {self.text}"
        return f"{line}\n{'':19}→ {self.remedy}" if self.remedy else line


def examine(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    """Look at everything, one after the other; a check that cannot be made is a finding too."""
    checks: tuple[tuple[str, Callable[[Settings, AdminClient], Iterator[Finding]]], ...] = (
        ("brokers", _brokers),
        ("topics", _topics),
        ("partitions", _partitions),
        ("access", _access),
        ("group", _group),
        ("state", _state),
        ("clock", _clock),
    )
    for area, check in checks:
        try:
            yield from check(settings, client)
        except KafkaException as error:
            yield _unseen(area, plain(error.args[0]), unanswered=passing(error.args[0]))
        except (StandingError, TopicsError) as error:
            yield _unseen(area, str(error), unanswered=isinstance(error, UnansweredError))
    yield from _rules(settings)


def _unseen(area: str, why: str, *, unanswered: bool) -> Finding:
    """What is refused is a note, since not everybody may look; silence is a problem, or it would pass for health."""
    text = f"could not be looked at: {why}"
    return (
        Finding(area, "problem", text, "look again; then at the brokers") if unanswered else Finding(area, "note", text)
    )


def _brokers(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    brokers = client.list_topics(timeout=REQUEST_S).brokers
    yield Finding("brokers", "ok", f"{len(brokers)} at {settings.bootstrap_servers}, {settings.security_protocol}")
    if len(brokers) < settings.replication_factor:
        yield Finding(
            "brokers",
            "problem",
            f"{len(brokers)} brokers cannot keep {settings.replication_factor} copies",
            "start the missing brokers, or set PREWARN_REPLICATION_FACTOR to what there is",
        )
    if settings.security_protocol in ("PLAINTEXT", "SASL_PLAINTEXT"):
        yield Finding("brokers", "note", "records travel unencrypted", "PREWARN_SECURITY_PROTOCOL=SASL_SSL or SSL")


def _topics(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    needed = len(topics.needed(settings))
    try:
        findings = topics.check(settings, client)
    except TopicsError as error:
        findings = topics.miscounted(settings, client)
        missing = access.absent(settings, client)
        first, *more = str(error).splitlines()
        text = f"their configuration may not be looked at: {first}" + (f" (and {len(more)} more)" if more else "")
        yield Finding("topics", "note", text, "prewarn topics check, as a user who may describe configurations")
    else:
        missing = [finding.topic for finding in findings if finding.reason == topics.ABSENT]
        if not findings:
            yield Finding("topics", "ok", f"{needed}, all as the settings ask")
    if missing:
        yield Finding(
            "topics", "problem", f"{len(missing)} of {needed} do not exist: {_some(missing)}", "prewarn topics create"
        )
    for finding in findings:
        if finding.reason != topics.ABSENT:
            yield Finding("topics", "problem", str(finding), _remedy(finding.reason))


def _remedy(reason: str) -> str:
    if " partitions" in reason:
        return "set PREWARN_PARTITIONS to what the topics have: their number never changes, because keys would move"
    return "kafka-configs.sh --alter"


def _partitions(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    there = client.list_topics(timeout=REQUEST_S).topics
    parts = [
        (name, part)
        for name in map(settings.topic, topics.needed(settings))
        if name in there
        for part in there[name].partitions.values()
    ]
    headless = [f"{name}[{part.id}]" for name, part in parts if part.leader < 0]
    weak = [f"{name}[{part.id}]" for name, part in parts if 0 <= len(part.isrs) < settings.insync_replicas]
    behind = [f"{name}[{part.id}]" for name, part in parts if len(part.isrs) < len(part.replicas)]
    if headless:
        yield Finding(
            "partitions", "problem", f"without a leader: {_some(headless)}", "start the brokers that hold them"
        )
    if weak:
        text = f"with fewer than {settings.insync_replicas} copies in step: {_some(weak)}"
        yield Finding("partitions", "problem", text, "nothing can be written to them until their brokers are back")
    elif behind:
        yield Finding("partitions", "note", f"with copies that are behind: {_some(behind)}", "look at their brokers")
    if parts and not headless and not behind:
        yield Finding("partitions", "ok", f"{len(parts)}, each with a leader and all copies in step")


def _access(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    told = access.lacking(settings, client)
    lacking = [line for line in told if not line.endswith(topics.ABSENT)]  # which the topics' check has said
    for line in lacking:
        text, _, remedy = line.partition("; ")
        yield Finding("access", "problem", text, remedy)
    more = access.surplus(settings, client)
    if more:
        who = access.principal(settings)
        yield Finding(
            "access",
            "note",
            f"{who} may do more than a worker's work: {_some(more)}",
            "give workers a user of their own with the rights that the README lists",
        )
    if not told:
        yield Finding("access", "ok", f"{len(access.rights(settings))} rights are needed, none is refused")
    elif not lacking:
        yield Finding("access", "note", "who may use topics that do not exist is not known")


def _group(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    stands = standing(settings, client)
    held = {number for member in stands.members for number in member.partitions}
    free = [str(part.partition) for part in stands.backlog if part.partition not in held]
    if not stands.members:
        yield Finding("group", "problem", f"no worker of {settings.group_id} is running", "start one: prewarn worker")
    elif stands.state != "STABLE":
        yield Finding("group", "note", f"{stands.state.lower()}: partitions are being shared out", "look again soon")
    elif free:
        yield Finding("group", "problem", f"nobody holds the partitions {_some(free)}", "restart the workers")
    else:
        yield Finding("group", "ok", f"{len(stands.members)} workers hold {len(held)} partitions")
    idle = [member.name for member in stands.members if not member.partitions]
    if idle and stands.state == "STABLE":
        yield Finding(
            "group", "note", f"without a partition: {_some(idle)}", "more workers than partitions are of no use"
        )
    yield from _backlog(settings, stands)


def _backlog(settings: Settings, stands: Standing) -> Iterator[Finding]:
    for part in stands.backlog:
        yield from _lost(settings, part)
    waiting = sum(part.waiting for part in stands.backlog)
    ages = [time.time() - part.oldest / 1000 for part in stands.backlog if part.oldest is not None]
    if ages and max(ages) > OLD * settings.retention_days * 86_400:
        yield Finding(
            "group",
            "problem",
            f"the oldest of {waiting} waiting events is {max(ages) / 86_400:.1f} days old; "
            f"they are removed after {settings.retention_days}",
            "lengthen retention.ms of the topic now, then find out why nothing is screened",
        )
    elif waiting:
        yield Finding("group", "note", f"{waiting} events wait, the oldest for {max(ages, default=0):.0f} s")


def _lost(settings: Settings, part: Backlog) -> Iterator[Finding]:
    place = f"{source(settings)}[{part.partition}]"
    if part.committed is not None and part.committed < part.first:
        yield Finding(
            "group",
            "problem",
            f"{place}: {part.first - part.committed} events were removed before they were screened",
            "lengthen retention.ms; ask the senders for what is between these times",
        )
    if part.committed is not None and part.committed > part.end:
        yield Finding(
            "group",
            "problem",
            f"{place}: committed up to {part.committed}, and the topic ends at {part.end}: it was made anew",
            "stop the workers and choose another PREWARN_GROUP_ID and PREWARN_TOPIC_PREFIX: "
            "state and offsets belong to the old topic",
        )


def _state(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    kept = ends(client, settings.topic(SETTLEMENTS))
    backlog = standing(settings, client).backlog
    screened = [part.partition for part in backlog if part.committed and part.end > part.first]
    offsets = {number: kept.get(number, (0, 0)) for number in screened}
    gone = [str(number) for number in sorted(without_rows(settings, settings.topic(SETTLEMENTS), offsets))]
    if gone:
        yield Finding(
            "state",
            "problem",
            f"events of partitions {_some(gone)} were screened, and nothing of it is in {settings.topic(SETTLEMENTS)}",
            "rules decide on empty windows: stop the workers, choose another PREWARN_GROUP_ID, and let them screen "
            "what the events topic still holds",
        )
    else:
        rows = sum(end - first for first, end in kept.values())
        yield Finding("state", "ok", f"{rows} records of settlements' rows to restore from")


def _clock(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    newest = newest_of(client, source(settings)).at
    ahead = 0.0 if newest is None else newest / 1000 - time.time()
    if ahead > AHEAD_S:
        yield Finding(
            "clock",
            "problem",
            f"the newest event was stamped {ahead:.0f} s ahead of this machine's clock",
            "synchronise this machine and the senders (chrony); lag and latency are wrong until then",
        )
    if clock_is_free():
        yield Finding(
            "clock", "note", "the kernel says that this machine's clock is not synchronised", "chrony or ntpd"
        )
    elif ahead <= AHEAD_S:
        yield Finding("clock", "ok", "not behind the events")


def clock_is_free() -> bool:
    """Whether the kernel knows of nothing that keeps its clock right; false where it does not tell."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    return adjtimex is not None and adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) == _TIME_ERROR


def _rules(settings: Settings) -> Iterator[Finding]:
    try:
        pack = load_pack(settings.rules_dir, settings.knowledge_dir)
    except PackError as error:
        yield Finding(
            "rules", "problem", f"the pack is refused:\n{error}", "prewarn rules lint; the last good one stays"
        )
        return
    live = sum(rule.mode == "live" for rule in pack.rules)
    text = f"{pack.version} ({pack.sha256[:12]}): {live} live rules of {len(pack.rules)}"
    yield Finding("rules", "ok" if live else "problem", text, "" if live else "no rule acts: set mode: live")


def _some(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
