"""Who keeps what alive: a session may point at a verdict that nobody else remembers, and is freed with its handler."""

import gc

from proxy.lane.session import Session
from tests.lane.playbook import CONTEXT, PARSED, READY, SYNC, Book, Play, allow, batch, complete, described, query, row

SELECT = "select a from t"
BOUND = b"2\0\0\0\4"
ROWS = described((0, 0)) + row(b"x") + complete()


def test_a_verdict_that_left_the_table_lives_as_long_as_a_session_points_at_it() -> None:
    play = Play()
    play.table.remember(CONTEXT, SELECT.encode(), allow())
    play.client(batch(SELECT) + SYNC)
    play.table.forget()
    gc.collect()
    assert (
        play.server(PARSED + BOUND + row(b"x") + complete() + READY) == PARSED + BOUND + row(b"x") + complete() + READY
    )


def test_an_answer_that_nobody_remembers_lives_as_long_as_its_statement() -> None:
    play = Play()
    play.client(query(SELECT))
    play.session.resolve(allow())
    gc.collect()
    assert play.session.take_server() == query(SELECT)
    assert play.server(ROWS + READY) == ROWS + READY


def test_verdicts_are_let_go_when_nothing_points_at_them() -> None:
    play, gone = Play(), 0
    for _ in range(1000):
        play.client(query(SELECT))
        verdict = allow()
        play.session.resolve(verdict)
        play.server(ROWS + READY)
        gone += not verdict.in_use
    assert gone == 1000


def test_a_session_and_its_handler_are_freed_together() -> None:
    play = Play({SELECT: allow()})
    verdict = allow()
    play.table.remember(CONTEXT, b"select b", verdict)
    book = Book({})
    session = Session(play.shared, book)
    session.begin(portal=play.kept[0], call=play.kept[1], large=play.kept[1], session=1)
    session.place(CONTEXT, 0, restricted=False, shield=b"")
    session.resume()
    session.feed_client(batch("select b"))
    book.verdicts["cycle"] = session  # type: ignore[assignment]  # a handler knows its session
    play.table.forget()
    assert verdict.in_use
    del session, book
    gc.collect()
    assert not verdict.in_use
