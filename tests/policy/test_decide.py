"""The verdict on whole statements of restricted readers, soundness rule by rule, and of cleared ones."""

import pytest

from proxy.model import Action, Command, Footprint, Reading, Treatment
from proxy.policy.decide import decide
from proxy.policy.reasons import HINTS, Reason
from proxy.policy.restrict import Shape, shape_of
from proxy.policy.rules import Inference, Subject
from tests.policy.scene import (
    ANALYST,
    BACKUP_EMAIL,
    CARD,
    CLASSIFICATION,
    CLEARED,
    COUNTRY,
    CUSTOMERS,
    EMAIL,
    ID,
    NOTE,
    OPEN,
    PAYMENTS,
    PHONE,
    STRICT,
    bare,
    change,
    column,
    computed,
    query,
    text,
    unknown,
    write,
)

SELECT = text("select")
INSERT, UPDATE, DELETE = (text(kind) for kind in ("insert", "update", "delete"))


def verdict(subject: Subject, reading: Reading, footprint: Footprint | None) -> str:
    """ "allow", the treatments of what is allowed, or the rule that refuses."""
    decision = decide(reading, footprint, subject, CLASSIFICATION, None)
    if decision.action is Action.REFUSE:
        return decision.rule
    return " ".join(each.treatment.value for each in decision.treatments) or "allow"


@pytest.mark.parametrize(
    ("footprint", "strict", "analyst", "open_"),
    [
        pytest.param(query(bare(ID), bare(COUNTRY)), "allow", "allow", "allow", id="clean columns"),
        pytest.param(query(bare(ID), bare(EMAIL)), *["pass mask"] * 3, id="a bare protected column"),
        pytest.param(query(computed(EMAIL)), "derived", "redact", "redact", id="an expression over it"),
        pytest.param(query(bare(EMAIL, PHONE)), "derived", "redact", "redact", id="arms of two labels"),
        pytest.param(query(bare(ID), filtered={EMAIL}), "inference", "inference", "allow", id="WHERE"),
        pytest.param(query(bare(ID), joined={EMAIL}), "inference", "inference", "allow", id="JOIN"),
        pytest.param(query(bare(ID), grouped={EMAIL}), "inference", "inference", "allow", id="GROUP BY, DISTINCT"),
        pytest.param(query(bare(ID), sorted={EMAIL}), "inference", "inference", "allow", id="ORDER BY"),
        pytest.param(query(bare(ID), filtered={COUNTRY}, sorted={ID}), *["allow"] * 3, id="clean uses"),
        pytest.param(
            query(bare(ID), filtered={EMAIL}, equated={EMAIL}), "inference", "allow", "allow", id="WHERE email = …"
        ),
        pytest.param(
            query(bare(ID), filtered={EMAIL, PHONE}, equated={EMAIL}), *["inference"] * 2, "allow", id="one of two by ="
        ),
        pytest.param(
            query(bare(ID), sorted={EMAIL}, equated={EMAIL}), *["inference"] * 2, "allow", id="ORDER BY is no equality"
        ),
        pytest.param(
            query(bare(ID), computed={EMAIL}), "derived", "inference", "allow", id="an expression that may fail unseen"
        ),
        pytest.param(query(unknown(ID)), "opaque", "opaque", "redact", id="an opaque column"),
        pytest.param(query(bare(ID), unknown()), "opaque", "opaque", "pass redact", id="beside a proven one"),
        pytest.param(query(bare(ID), opaque=("node X",)), "opaque", "opaque", "redact", id="an opaque statement"),
        pytest.param(query(unknown(ID), volatile=True), *["opaque"] * 3, id="opaque with side effects"),
        pytest.param(query(unknown(ID), locked={CUSTOMERS}), *["opaque"] * 3, id="opaque with locks"),
        pytest.param(query(unknown(ID), written={PAYMENTS}), *["opaque"] * 3, id="opaque that writes"),
        pytest.param(query(bare(ID), volatile=True), *["allow"] * 3, id="side effects on clean columns"),
        pytest.param(query(bare(EMAIL), volatile=True), *["laundering"] * 3, id="side effects beside a protected one"),
        pytest.param(query(bare(column(2619, 5))), *["null"] * 3, id="statistics"),
        pytest.param(query(computed(column(2619, 5))), *["catalog-data"] * 3, id="an expression over statistics"),
        pytest.param(query(bare(ID), filtered={column(2613, 3)}), *["catalog-data"] * 3, id="WHERE on large objects"),
        pytest.param(query(bare(column(1259, 2)), filtered={column(1259, 1)}), *["allow"] * 3, id="pg_class"),
    ],
)
def test_a_query_of_a_restricted_reader(footprint: Footprint, strict: str, analyst: str, open_: str) -> None:
    assert [verdict(who, SELECT, footprint) for who in (STRICT, ANALYST, OPEN)] == [strict, analyst, open_]


@pytest.mark.parametrize(
    ("reading", "footprint", "expected"),
    [
        pytest.param(INSERT, change(Command.INSERT, write(COUNTRY)), "allow", id="clean into clean"),
        pytest.param(INSERT, change(Command.INSERT, write(NOTE, EMAIL)), "laundering", id="protected into clean"),
        pytest.param(UPDATE, change(Command.UPDATE, write(BACKUP_EMAIL, EMAIL)), "laundering", id="into its equal"),
        pytest.param(INSERT, change(Command.INSERT, write(NOTE, opaque=("f",))), "opaque", id="opaque into clean"),
        pytest.param(INSERT, change(Command.INSERT, write(EMAIL)), "protected-write", id="a chosen plaintext"),
        pytest.param(UPDATE, change(Command.UPDATE, write(EMAIL, COUNTRY)), "protected-write", id="over a protected"),
        pytest.param(DELETE, Footprint(Command.DELETE, written=frozenset({CUSTOMERS})), "allow", id="DELETE"),
        pytest.param(
            DELETE,
            Footprint(Command.DELETE, written=frozenset({CUSTOMERS}), filtered=frozenset({EMAIL})),
            "inference",
            id="DELETE WHERE email",
        ),
        pytest.param(
            UPDATE,
            change(Command.UPDATE, write(COUNTRY), outputs=(bare(EMAIL),)),
            "mask",
            id="RETURNING a protected column",
        ),
        pytest.param(
            INSERT, change(Command.INSERT, write(NOTE), opaque=("trigger",)), "opaque", id="a trigger not proven"
        ),
        pytest.param(
            UPDATE, Footprint(Command.UPDATE, written=frozenset({NOTE.relation})), "opaque", id="an UPDATE of nothing"
        ),
        pytest.param(
            SELECT,
            query(bare(ID), written={NOTE.relation}, writes=(write(NOTE, CARD),)),
            "laundering",
            id="a CTE that writes",
        ),
    ],
)
def test_a_change_by_a_restricted_reader(reading: Reading, footprint: Footprint, expected: str) -> None:
    assert verdict(ANALYST, reading, footprint) == expected


@pytest.mark.parametrize(
    ("kind", "clean", "masked"),
    [
        pytest.param("select", "allow", "mask", id="SELECT"),
        pytest.param("values", "allow", "mask", id="VALUES"),
        pytest.param("table", "allow", "mask", id="TABLE"),
        pytest.param("with", "allow", "mask", id="WITH of which the text says no more"),
        pytest.param("declare", "allow", "mask", id="DECLARE: what FETCH gives"),
        pytest.param("fetch", "allow", "mask", id="FETCH"),
        pytest.param("prepare", "allow", "mask", id="PREPARE: what EXECUTE gives"),
        pytest.param("execute", "allow", "mask", id="EXECUTE"),
        pytest.param("copy", "allow", "mask", id="COPY TO: masked as it streams"),
        pytest.param("explain", "allow", "explain", id="EXPLAIN"),
        pytest.param("create view", "allow", "allow", id="CREATE VIEW: who reads it is asked then"),
        pytest.param("create table as", "allow", "laundering", id="CREATE TABLE AS"),
        pytest.param("create materialized view", "allow", "laundering", id="CREATE MATERIALIZED VIEW"),
        pytest.param("select into", "allow", "laundering", id="SELECT INTO"),
        pytest.param("(", "allow", "mask", id="a text that the reading does not understand"),
        pytest.param("several", "allow", "mask", id="one of several commands"),
    ],
)
def test_where_the_rows_of_a_query_go(kind: str, clean: str, masked: str) -> None:
    assert verdict(ANALYST, text(kind), query(bare(ID))) == clean
    assert verdict(ANALYST, text(kind), query(bare(EMAIL))) == masked


@pytest.mark.parametrize(
    ("reading", "footprint"),
    [
        pytest.param(text("select"), Footprint(Command.UTILITY), id="the text says query, the server says command"),
        pytest.param(text("create function"), Footprint(Command.UTILITY), id="a command with a tree"),
        pytest.param(text("mystery", inner="select 1"), query(bare(ID)), id="a query inside something unknown"),
    ],
)
def test_what_is_not_understood_is_refused(reading: Reading, footprint: Footprint) -> None:
    assert verdict(ANALYST, reading, footprint) == "utility"
    assert verdict(CLEARED, reading, footprint) == "allow"


@pytest.mark.parametrize(
    ("footprint", "expected"),
    [
        pytest.param(query(bare(ID)), "allow", id="nothing protected"),
        pytest.param(query(bare(ID), reads={EMAIL}), "explain", id="a protected column read anywhere"),
        pytest.param(query(bare(ID), row_security=True), "explain", id="policies show in plans"),
        pytest.param(query(unknown()), "explain", id="what is not proven"),
    ],
)
def test_a_plan_tells_of_what_its_statement_touches(footprint: Footprint, expected: str) -> None:
    assert verdict(OPEN, text("explain"), footprint) == expected


@pytest.mark.parametrize("command", list(Command))
@pytest.mark.parametrize("kind", ["select", "copy", "explain", "create view", "nothing known"])
def test_every_command_has_a_shape(command: Command, kind: str) -> None:
    assert shape_of(text(kind), Footprint(command)) in Shape
    assert verdict(ANALYST, text(kind), Footprint(command)) in ("allow", "utility")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_hint_of_one_sentence_or_two(reason: Reason) -> None:
    assert HINTS[reason].endswith(".")
    assert len(HINTS[reason]) < 120


@pytest.mark.parametrize("inference", list(Inference))
def test_every_inference_refuses_more_or_less(inference: Inference) -> None:
    subject = Subject("s", clearance=ANALYST.clearance, inference=inference, derived=ANALYST.derived, top=ANALYST.top)
    footprint = query(bare(ID), filtered={EMAIL}, equated={EMAIL})
    expected = {Inference.NONE: "inference", Inference.EQUALITY: "allow", Inference.OPEN: "allow"}
    assert verdict(subject, SELECT, footprint) == expected[inference]


def test_without_inference_an_expression_is_a_use() -> None:
    subject = Subject("s", clearance=ANALYST.clearance, derived=ANALYST.derived, top=ANALYST.top)
    assert verdict(subject, SELECT, query(computed(EMAIL))) == "inference"


def test_a_refusal_says_its_rule_and_a_way_out() -> None:
    decision = decide(SELECT, query(bare(ID), filtered={EMAIL}), ANALYST, CLASSIFICATION, None)
    assert decision.message == 'refused by pgwarden rule "inference"'
    assert decision.hint == HINTS[Reason.INFERENCE]
    assert (decision.sqlstate, decision.reason, decision.subject) == ("42501", "inference", "analyst")
    assert (decision.tainted, decision.restricted, decision.treatments) == (True, True, ())


def test_a_cleared_reader_passes_whatever_it_asks() -> None:
    for footprint in (None, query(bare(EMAIL)), query(unknown()), change(Command.INSERT, write(NOTE, CARD))):
        decision = decide(text("do"), footprint, CLEARED, CLASSIFICATION, None)
        assert (decision.action, decision.treatments, decision.restricted) == (Action.ALLOW, (), False)
        assert decision.tainted is False


@pytest.mark.parametrize(
    ("footprint", "tainted", "digest"),
    [
        pytest.param(query(bare(ID)), False, False, id="clean"),
        pytest.param(query(bare(column(PAYMENTS, 2))), False, True, id="classified, but at the clearance"),
        pytest.param(query(bare(EMAIL)), True, True, id="protected"),
        pytest.param(query(bare(ID), reads={EMAIL}), True, True, id="protected, read but not returned"),
        pytest.param(change(Command.INSERT, write(COUNTRY)), True, False, id="a write beside protected columns"),
        pytest.param(change(Command.INSERT, write(NOTE)), False, False, id="a write elsewhere"),
    ],
)
def test_what_may_be_told_of_a_statement(footprint: Footprint, tainted: bool, digest: bool) -> None:
    decision = decide(SELECT, footprint, ANALYST, CLASSIFICATION, None)
    assert decision.action is Action.ALLOW
    assert (decision.tainted, decision.digest) == (tainted, digest)


def test_literals_of_a_cleared_reader_are_digested_too() -> None:
    decision = decide(SELECT, query(bare(ID), filtered={EMAIL}), CLEARED, CLASSIFICATION, None)
    assert (decision.action, decision.digest) == (Action.ALLOW, True)


def test_an_opaque_statement_is_redacted_as_a_whole() -> None:
    decision = decide(SELECT, query(bare(ID), bare(EMAIL), opaque=("node X",)), OPEN, CLASSIFICATION, None)
    assert [each.treatment for each in decision.treatments] == [Treatment.REDACT, Treatment.REDACT]
    assert decision.tainted
