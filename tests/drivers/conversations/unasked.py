"""Notifications, cancels and endings that come at any moment."""

from tests.drivers.frontend import query
from tests.drivers.recorder import CANCEL, END, READY, Elsewhere, Until, asks, conversation

WAIT_FOR_SLEEPER = Elsewhere(
    "do $$ begin for n in 1..2000 loop perform pg_sleep(0.005); perform pg_stat_clear_snapshot();"
    " exit when exists (select from pg_stat_activity where application_name = 'recorder' and wait_event = 'PgSleep');"
    " end loop; end $$"
)
WAIT_FOR_IDLER = Elsewhere(
    "do $$ begin for n in 1..2000 loop perform pg_sleep(0.005); perform pg_stat_clear_snapshot();"
    " exit when exists (select from pg_stat_activity where application_name = 'recorder' and state = 'idle');"
    " end loop; end $$"
)

UNASKED = (
    asks("a notification of one's own", "listen here", "notify here, 'payload'", "unlisten here; notify here"),
    asks("notifications at commit", "listen a; listen b", "begin; notify a; notify b, 'x'; select 1", "commit"),
    conversation(
        "a notification while idle",
        query("listen idle"),
        READY,
        WAIT_FOR_IDLER,
        Elsewhere("notify idle, 'hello'"),
        Until(b"A"),
        query("select 1"),
        READY,
    ),
    conversation(
        "an idle session is ended by the server",
        query("select 1"),
        READY,
        WAIT_FOR_IDLER,
        Elsewhere("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recorder'"),
        END,
    ),
    conversation(
        "a busy session is ended by the server",
        query("select pg_sleep(60)"),
        WAIT_FOR_SLEEPER,
        Elsewhere("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recorder'"),
        END,
    ),
    conversation(
        "an idle transaction times out", query("set idle_in_transaction_session_timeout = 30; begin"), READY, END
    ),
    conversation(
        "a statement is cancelled by another session",
        query("select pg_sleep(60)"),
        WAIT_FOR_SLEEPER,
        Elsewhere("select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'recorder'"),
        READY,
        query("select 1"),
        READY,
    ),
    conversation(
        "a statement is cancelled by its client",
        query("select pg_sleep(60)"),
        WAIT_FOR_SLEEPER,
        CANCEL,
        READY,
        query("select 1"),
        READY,
    ),
    conversation("a cancel of nothing", query("select 1"), READY, CANCEL, query("select 2"), READY),
)
