"""The extended query protocol, a batch at a time."""

from tests.drivers.frontend import (
    BINARY,
    INT4,
    INT8,
    SYNC,
    TEXT,
    TEXT_OID,
    bind,
    close_portal,
    close_statement,
    describe_portal,
    describe_statement,
    execute,
    int4,
    parse,
    query,
    whole,
)
from tests.drivers.recorder import READY, batches, conversation

PEOPLE = "select id, name, balance, born, extra, tags from people where id <= $1 order by id"
SERIES = "select generate_series(1, 10)"


EXTENDED = (
    batches("unnamed statement and portal", whole("select 1, 'x'")),
    batches("a parameter as text", whole(PEOPLE, b"3")),
    batches(
        "a parameter and results in binary",
        parse(PEOPLE, types=(INT4,))
        + bind(int4(3), formats=(BINARY,), results=(BINARY,))
        + describe_portal()
        + execute(),
    ),
    batches(
        "a format for each column",
        parse("select id, id, name from people where id = $1 or name = $2")
        + bind(int4(1), b"Person 2", formats=(BINARY, TEXT), results=(TEXT, BINARY, TEXT))
        + describe_portal()
        + execute(),
    ),
    batches("NULL and empty parameters", whole("select $1::text, $2::text is null, $3::int", b"", None, None)),
    batches("types are found out", parse("select $1 || $2, $3 + 1") + describe_statement()),
    batches(
        "types are given in part",
        parse("select $1, $2 || ''", types=(INT8, 0)) + describe_statement(),
        parse("select $1", types=(TEXT_OID,)) + describe_statement(),
    ),
    batches("a type cannot be found out", parse("select $1 is null"), whole("select 1")),
    batches(
        "a named statement, bound often",
        parse("select $1::int + 1", "s") + describe_statement("s"),
        *[bind(b"%d" % n, statement="s") + execute() for n in range(3)],
        close_statement("s"),
        bind(b"1", statement="s"),
    ),
    batches("no Describe", parse("select id from people") + bind() + execute()),
    batches(
        "Describe of what returns nothing",
        parse("update notes set body = '' where false") + describe_statement() + bind() + describe_portal() + execute(),
    ),
    batches(
        "an empty statement",
        parse("") + describe_statement() + bind() + describe_portal() + execute(),
        whole(" ; -- x"),
    ),
    batches(
        "row limits suspend the portal",
        b"",
        parse(SERIES) + bind() + execute(rows=4) + execute(rows=4) + execute(rows=4) + execute(rows=4),
    ),
    batches("a limit that is just reached", parse(SERIES) + bind() + execute(rows=10) + execute(rows=1)),
    batches("no limit after a limit", parse(SERIES) + bind() + execute(rows=3) + execute()),
    batches("a finished portal gives no more", parse(SERIES) + bind() + execute() + execute()),
    batches(
        "a finished update cannot run again",
        parse("update notes set body = '' where false") + bind() + execute() + execute(),
        whole("select 1"),
    ),
    batches(
        "limits on returning",
        parse("update people set balance = 1 returning id")
        + bind()
        + execute(rows=2)
        + execute(rows=100)
        + parse("select 1/0")
        + bind()
        + execute(),
    ),
    batches(
        "portals that interleave",
        parse(SERIES, "s")
        + bind(portal="a", statement="s")
        + bind(portal="b", statement="s")
        + execute("a", 2)
        + execute("b", 3)
        + execute("a", 2)
        + execute("b")
        + close_portal("a")
        + execute("a"),
        close_statement("s"),
    ),
    conversation(
        "portals live until their transaction ends",
        query("begin"),
        READY,
        parse(SERIES) + bind(portal="p") + SYNC,
        READY,
        execute("p", 2) + SYNC,
        READY,
        query("select 1"),
        READY,
        execute("p", 2) + SYNC,
        READY,
        query("commit"),
        READY,
        execute("p", 2) + SYNC,
        READY,
    ),
    batches("a portal of a name that is taken", parse(SERIES) + bind(portal="p") + bind(portal="p"), whole("select 1")),
    batches(
        "a statement of a name that is taken",
        parse("select 1", "s") + parse("select 2", "s"),
        bind(statement="s") + execute(),
    ),
    batches("the unnamed ones are replaced", parse("select 1") + parse("select 2") + bind() + bind() + execute()),
    conversation(
        "a Query destroys the unnamed statement",
        parse("select 1") + SYNC,
        READY,
        bind() + execute() + SYNC,
        READY,
        query("select 2"),
        READY,
        bind() + execute() + SYNC,
        READY,
    ),
    batches("a portal that does not exist", describe_portal("x"), execute("x"), whole("select 1")),
    batches("a statement that does not exist", describe_statement("x"), bind(statement="x"), whole("select 1")),
    batches(
        "Close of what does not exist", close_portal("x") + close_statement("x") + close_portal() + close_statement()
    ),
    batches("too few and too many parameters", parse("select $1::int") + bind(), parse("select 1") + bind(b"1")),
    batches(
        "formats that do not fit",
        parse("select 1, 2") + bind(results=(1, 1, 1)),
        parse("select 1") + bind(results=(7,)) + execute(),
    ),
    batches(
        "a parameter that is no number",
        parse("select $1::int") + bind(b"x") + execute(),
        whole("select $1::int", b"12"),
    ),
    batches(
        "a binary parameter of a wrong length",
        parse("select $1::int") + bind(b"123", formats=(BINARY,)),
        whole("select 1"),
    ),
    batches(
        "a thousand parameters",
        parse("select " + ", ".join(f"${n}::int" for n in range(1, 1001)))
        + bind(*[b"%d" % n for n in range(1000)])
        + execute(),
    ),
    batches("a long parameter", whole("select length($1), $1", b"p" * 400_000)),
    batches("columns none", whole("select from people")),
    batches("settings and statuses", whole("set application_name = 'x'"), whole("show application_name")),
    batches("notices within a batch", whole("select noisy('notice')") + whole("select noisy('warning')")),
    batches(
        "a utility statement",
        whole("create temp table tt(a int)")
        + whole("insert into tt values (1), (2)")
        + whole("select a + 0 from tt")
        + whole("drop table tt"),
    ),
    batches(
        "a fetch in binary",
        whole("begin")
        + whole("declare c cursor for select id, name from people")
        + whole("fetch 2 from c", results=(BINARY,))
        + whole("close c")
        + whole("commit"),
    ),
    batches(
        "Execute of SQL's own prepare",
        whole("prepare q(int) as select $1 * 2"),
        bind(b"21", statement="q") + execute(),
        whole("deallocate q"),
    ),
    batches(
        "SQL's own execute of a Parse",
        parse("select 7", "mine"),
        whole("execute mine"),
        whole("deallocate mine"),
        bind(statement="mine"),
    ),
    batches("discard all forgets statements", parse("select 7", "mine"), whole("discard all"), bind(statement="mine")),
    batches("a procedure", whole("call counting($1)", b"1")),
    batches("explain", whole("explain (costs off) select * from people where id = $1", b"1")),
    batches("several commands in one Parse are refused", whole("select 1; select 2"), whole("select 3")),
    batches("a syntax error", whole("selekt"), whole("select 1")),
    batches(
        "a result type that changes",
        whole("create temp table ch(a int)") + parse("select * from ch", "ch") + bind(statement="ch"),
        whole("alter table ch add b int"),
        bind(statement="ch"),
        whole("select 1"),
    ),
)
