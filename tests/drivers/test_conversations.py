"""What no rule concerns passes byte for byte: the same conversation, direct and through pgwarden."""

import functools

import pytest

from tests.drivers.conftest import Endpoint
from tests.drivers.conversations import calls, copies, extended, openings, pipelines, simple, unasked
from tests.drivers.recorder import Conversation, Recorded, at_random, record, shown

CONVERSATIONS = [
    pytest.param(script, id=f"{room}: {script.name}")
    for room, scripts in {
        "simple": simple.SIMPLE,
        "simple pipelined": simple.PIPELINED,
        "simple copy": copies.SIMPLE,
        "function call": calls.FUNCTION_CALLS,
        "unasked": unasked.UNASKED,
        "extended": extended.EXTENDED,
        "skipping": pipelines.SKIPPING,
        "pipeline": pipelines.PIPELINES,
        "extended copy": copies.EXTENDED,
        "opening": openings.OPENINGS,
    }.items()
    for script in scripts
]


@functools.cache
def _said_direct(direct: Endpoint, script: Conversation) -> Recorded:
    return record(direct, script)


@pytest.mark.parametrize("script", CONVERSATIONS)
def test_the_server_itself_says_the_same_twice(direct: Endpoint, script: Conversation) -> None:
    assert list(shown(record(direct, script, cut=at_random(1)))) == list(shown(_said_direct(direct, script)))


@pytest.mark.parametrize("script", CONVERSATIONS)
def test_the_conversation_is_the_servers(direct: Endpoint, behind_open_rules: Endpoint, script: Conversation) -> None:
    through = record(behind_open_rules, script)
    assert list(shown(through)) == list(shown(_said_direct(direct, script)))
    assert through == _said_direct(direct, script)


@pytest.mark.parametrize("script", CONVERSATIONS)
def test_the_conversation_is_the_same_at_random_cuts(
    direct: Endpoint, behind_open_rules: Endpoint, script: Conversation
) -> None:
    through = record(behind_open_rules, script, cut=at_random(2))
    assert list(shown(through)) == list(shown(_said_direct(direct, script)))
    assert through == _said_direct(direct, script)


@pytest.mark.parametrize("script", openings.ANSWERED_BY_THE_PROXY, ids=lambda script: script.name)
def test_what_the_proxy_answers_itself_has_the_servers_words(
    direct: Endpoint, behind_open_rules: Endpoint, script: Conversation
) -> None:
    (said,) = record(behind_open_rules, script).frames
    (expected,) = record(direct, script).frames
    assert said == (expected[0], expected[1].partition(b"\0F")[0] + b"\0\0")


@pytest.mark.parametrize("script", copies.LOST, ids=lambda script: script.name)
def test_what_the_protocol_does_not_allow_ends_the_session(
    direct: Endpoint, behind_open_rules: Endpoint, script: Conversation
) -> None:
    for said in (record(behind_open_rules, script), record(direct, script)):
        assert said.closed
        assert said.frames[-1][0] == b"E"
        assert said.frames[-1][1].startswith(b"SFATAL\0VFATAL\0C08P01\0")


def test_no_two_conversations_have_one_name() -> None:
    names = [case.id for case in CONVERSATIONS]
    assert len(set(names)) == len(names)
