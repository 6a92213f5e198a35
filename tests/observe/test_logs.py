"""Logs say what happened; they are no way out for values."""

import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest

from proxy.errors import Refused
from proxy.observe.logs import EventLog, LogFormat, facts_of, set_up

CANARY = "4111111111111111"


class Secret(msgspec.Struct):
    """Stands for any object that is no field."""

    text: str


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """Leaves the root logger as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def json_lines() -> io.StringIO:
    stream = io.StringIO()
    set_up("info", LogFormat.JSON, stream=stream)
    return stream


@pytest.fixture
def plain_lines() -> io.StringIO:
    stream = io.StringIO()
    set_up("info", LogFormat.PLAIN, stream=stream)
    return stream


def test_an_event_is_one_json_object_with_its_fields(json_lines: io.StringIO) -> None:
    EventLog("pgwarden.server").info("listening", host="127.0.0.1", port=6432)
    line = json.loads(json_lines.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "logger": "pgwarden.server", "event": "listening", "host": "127.0.0.1", "port": 6432,
    }  # fmt: skip


def test_a_plain_line_reads_as_a_sentence(plain_lines: io.StringIO) -> None:
    EventLog("pgwarden.server").warning("no tls", rules=["a.yaml"], port=6432, empty="", off=None)
    assert plain_lines.getvalue()[13:] == 'warning "no tls" rules=["a.yaml"] port=6432 empty="" off=null\n'


@pytest.mark.parametrize("text", ["a\nlevel=error", "\x1b[2J", 'x" y="z', "a b", "‮"])
def test_no_text_breaks_a_line_or_a_terminal(plain_lines: io.StringIO, text: str) -> None:
    EventLog("pgwarden").info("odd", text=text)
    line = plain_lines.getvalue()
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    assert json.loads(line.split("text=", 1)[1]) == text


def test_the_error_of_another_library_keeps_its_text_to_itself(json_lines: io.StringIO) -> None:
    try:
        int(CANARY + "x")
    except ValueError as error:
        EventLog("pgwarden").error("failed", error=error)
    line = json.loads(json_lines.getvalue())
    assert CANARY not in json_lines.getvalue()
    assert line["error"] == "ValueError"
    assert line["raised_at"].startswith("test_logs.py:")


def test_our_own_error_tells_its_text_and_sqlstate() -> None:
    facts = facts_of(Refused('refused by pgwarden rule "no-ddl"'))
    assert facts == {"error": "Refused", "message": 'refused by pgwarden rule "no-ddl"', "sqlstate": "42501"}


def test_an_operating_systems_error_tells_its_reason_without_a_path() -> None:
    facts = facts_of(FileNotFoundError(2, "No such file or directory", f"/etc/{CANARY}"))
    assert facts == {"error": "FileNotFoundError", "reason": "No such file or directory"}


def test_what_a_library_logs_is_reduced_to_its_place(json_lines: io.StringIO) -> None:
    library = logging.getLogger("asyncio")
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        library.exception("row %s of %s was lost", CANARY, CANARY)
    library.error(f"preformatted {CANARY}")
    first, second = (json.loads(line) for line in json_lines.getvalue().splitlines())
    assert CANARY not in json_lines.getvalue()
    assert (first["event"], first["error"], first["logger"]) == ("library_message", "RuntimeError", "asyncio")
    assert second["at"].startswith("test_logs.py:")


def test_an_object_that_strays_into_a_field_shows_its_kind_alone(json_lines: io.StringIO) -> None:
    EventLog("pgwarden").info("odd", text=Secret(CANARY).text[:0], value={"key": None})
    EventLog("pgwarden").info("odd", stray=object())  # type: ignore[arg-type]  # what the type checker would refuse
    assert json.loads(json_lines.getvalue().splitlines()[1])["stray"] == "<object>"


def test_a_field_cannot_hide_a_heads_key(json_lines: io.StringIO) -> None:
    EventLog("pgwarden").info("listening", level="forged", time=0)
    line = json.loads(json_lines.getvalue())
    assert (line["level"], line["level_"], line["time_"]) == ("info", "forged", 0)


def test_events_below_the_level_are_not_written(json_lines: io.StringIO) -> None:
    EventLog("pgwarden").debug("detail")
    assert json_lines.getvalue() == ""
