"""How a session may begin."""

from tests.drivers.frontend import GSSENC_REQUEST, PROTOCOL_3_2, SSL_REQUEST, query, startup
from tests.drivers.recorder import END, READY, Read, Until, opens

USUAL = {"user": "app", "database": "shop"}

OPENINGS = (
    opens("no database is the user's name", startup({"user": "app"}), END),
    opens("a database that does not exist", startup({"user": "app", "database": "nowhere"}), END),
    opens("a role that does not exist", startup({"user": "nobody", "database": "shop"}), END),
    opens("a role that is locked out", startup({"user": "locked_out", "database": "shop"}), END),
    opens(
        "a setting",
        startup(USUAL | {"search_path": "pg_catalog", "DateStyle": "German"}),
        READY,
        query("show datestyle"),
        READY,
    ),
    opens(
        "options",
        startup(USUAL | {"options": "-c work_mem=7MB -c statement_timeout=20"}),
        READY,
        query("show work_mem"),
        READY,
        query("select pg_sleep(5)"),
        READY,
    ),
    opens("options with escapes", startup(USUAL | {"options": r"-c application_name=a\ b\\c"}), READY),
    opens("a setting that does not exist", startup(USUAL | {"no_such_setting": "1"}), END),
    opens("a setting with a bad value", startup(USUAL | {"statement_timeout": "soon"}), END),
    opens("a custom setting", startup(USUAL | {"my.own": "1"}), READY, query("show my.own"), READY),
    opens(
        "a client encoding",
        startup(USUAL | {"client_encoding": "LATIN1"}),
        READY,
        query("select 'é'".encode("latin-1")),
        READY,
    ),
    opens("a client encoding that does not exist", startup(USUAL | {"client_encoding": "KLINGON"}), END),
    opens("an application's name that is not ASCII", startup(USUAL | {"application_name": "Büro"}), READY),
    opens("SSLRequest, then in clear", SSL_REQUEST, Read(1), startup(USUAL), READY, query("select 1"), READY),
    opens("GSSENCRequest, then SSLRequest", GSSENC_REQUEST, Read(1), SSL_REQUEST, Read(1), startup(USUAL), READY),
    opens("protocol options that are unknown", startup(USUAL | {"_pq_.fancy": "1"}), READY, query("select 1"), READY),
    opens("protocol 3.2", startup(USUAL, PROTOCOL_3_2), READY, query("select 1"), READY),
    opens("protocol 3.9", startup(USUAL | {"_pq_.x": "y"}, 196_617), READY, query("select 1"), READY),
    opens(
        "replication",
        startup(USUAL | {"replication": "database"}),
        READY,
        query("show server_version_num"),
        READY,
        query("READ_REPLICATION_SLOT nothing"),
        READY,
    ),
    opens("a query that does not wait for the login", startup(USUAL) + query("select 1"), Until(count=2)),
)

ANSWERED_BY_THE_PROXY = (opens("no user", startup({"database": "shop"}), END),)
"""There is no server to ask yet; the words are the server's, the line of its source is not."""
