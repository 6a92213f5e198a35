"""A restricted session beside a server that keeps the protocol's rules: messages in any order, however they are cut and
pipelined, and COPY that fails with Syncs in doubt. No protected value leaves, and nobody waits for ever."""

from collections import Counter
from random import Random

from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.wire.constants import Target
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.copy import CopyData, CopyDone, CopyFail
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.named import Close, Describe
from proxy.wire.messages.parse import Parse
from tests.lane.fakes import HIDDEN, SECRET, FakeServer
from tests.lane.playbook import FLUSH, SYNC, Play, allow, masked, query, refuse
from tests.lane.test_copies import streaming
from tests.lane.test_masked import MASK
from tests.reference.copying import Options

CONVERSATIONS = 1500
HELD_FOR_PYTHON = 2
TEXTS = ["hidden", "hidden", "clean", "copyout", "copyin", "begin", "rollback", "bad", "no", ""]
NAMES = [b"", b"s", b"t"]
BEHIND_A_COPY = "messages were sent behind a COPY before it ended"
"""The one reason for which the lane may end a session here: the server itself fails on such messages."""
MOST_ENDED = 150


def decided(text: str) -> Verdict:
    """What a text may do."""
    match text:
        case "hidden":
            return masked(MASK, b"\0\1")
        case "clean":
            return Verdict(columns=1)
        case "copyout":
            return streaming(Options())
        case "copyin":
            return allow()
        case "begin" | "rollback":
            return Verdict(flags=lane.TRANSACTION, columns=0)
        case "no":
            return refuse()
        case _:
            return Verdict(flags=lane.ASK | lane.TAINTED, columns=0)


def message(random: Random) -> bytes:
    """Any message of a client."""
    name, portal, text = random.choice(NAMES), random.choice(NAMES), random.choice(TEXTS)
    match random.randrange(12):
        case 0 | 1:
            return query(text)
        case 2 | 3:
            return Parse(name, text.encode()).encode()
        case 4 | 5:
            return Bind(portal, name).encode()
        case 6 | 7:
            return Execute(portal, random.choice([0, 1])).encode()
        case 8:
            return Describe(random.choice(list(Target)), portal).encode()
        case 9:
            return Close(random.choice(list(Target)), name).encode()
        case 10:
            return CopyData(random.choice([b"1\tx\n", b"bad\n"])).encode() + random.choice([b"", SYNC, FLUSH])
        case _:
            return random.choice([FLUSH, CopyDone().encode(), CopyFail(b"no").encode()])


def answered(play: Play) -> None:
    """Python answers what the lane has asked."""
    while play.session.held == HELD_FOR_PYTHON and not play.session.failed:
        event, payload, stored = play.book.asked[-1]
        parts = (stored or payload).split(b"\0")
        known = event == 0 or (event == 1) or bool(stored)
        text = parts[0 if event == 0 else 1].decode("latin-1") if known else "bad"
        verdict = decided(text)
        play.kept.append(verdict)
        play.session.resolve(verdict)


def converse(seed: int) -> tuple[bytes, Play, FakeServer]:
    """One conversation to its end: what the client got."""
    random, play, server = Random(seed), Play(shield=[HIDDEN]), FakeServer()
    said = b"".join(message(random) + (SYNC if random.random() < 0.35 else b"") for _ in range(random.randint(3, 18)))
    said += CopyFail(b"over").encode() + SYNC * 2 + query("rollback") + query("clean")
    upward, downward, heard = b"", b"", b""
    while (said or upward or downward) and not play.session.failed:
        size = random.choice([1, 7, 40, 4000])
        match random.randrange(3):
            case 0:
                play.session.feed_client(said[:size])
                said = said[size:]
            case 1:
                downward += server.hear(upward[:size])
                upward = upward[size:]
            case _:
                play.session.feed_server(downward[:size])
                downward = downward[size:]
        answered(play)
        upward += play.session.take_server()
        heard += play.session.take_client()
    return heard, play, server


def test_no_order_of_messages_gets_a_value_past_the_lane() -> None:
    ended, unanswered = Counter[str](), list[int]()
    for seed in range(CONVERSATIONS):
        heard, play, _ = converse(seed)
        assert SECRET not in heard, seed
        if play.session.failed:
            ended[play.session.failed] += 1
        elif not heard.endswith(b"Z\0\0\0\x05I") or play.session.held:
            unanswered.append(seed)
    assert unanswered == []
    assert set(ended) == {BEHIND_A_COPY}
    assert ended[BEHIND_A_COPY] <= MOST_ENDED
