"""The firewall: which rule speaks, and what it says."""

from ipaddress import ip_network

import pytest
from msgspec.structs import replace

from proxy.model import Action, Command, Footprint, Oid, Principal, Reading, Where
from proxy.policy.decide import decide, decide_early
from proxy.policy.firewall import SPEAKS, Gate, Holds, Ruling, judge, judge_early
from proxy.policy.names import relation_pattern, role_pattern
from proxy.policy.rules import Firewall, FirewallMode, FirewallRule, RuleAction, When
from tests.policy.scene import ANALYST, CLASSIFICATION, CUSTOMERS, EMAIL, ID, NOTES, bare, query, text

ANA = Principal("ana", "shop", client_addr="10.1.2.3", application="psql")
NAMES = {CUSTOMERS: "shop.customers", NOTES: '"odd.schema".notes'}


def gate(*rules: FirewallRule, otherwise: RuleAction = RuleAction.ALLOW, principal: Principal = ANA) -> Gate:
    return Gate(Firewall(otherwise, rules=rules), principal, ANALYST, NAMES)


def refusing(**conditions: object) -> FirewallRule:
    return FirewallRule("r", When(**conditions))  # type: ignore[arg-type]


def relations(*patterns: str) -> dict[str, object]:
    return {"relation": tuple(map(relation_pattern, patterns))}


FROM_CUSTOMERS = query(bare(ID))
SELECT = text("select")


@pytest.mark.parametrize(
    ("conditions", "reading", "footprint", "speaks"),
    [
        pytest.param({}, SELECT, FROM_CUSTOMERS, True, id="no condition means every statement"),
        pytest.param({"subject": frozenset({"analyst"})}, SELECT, FROM_CUSTOMERS, True, id="the subject"),
        pytest.param({"subject": frozenset({"app"})}, SELECT, FROM_CUSTOMERS, False, id="another subject"),
        pytest.param({"user": (role_pattern("an*"),)}, SELECT, FROM_CUSTOMERS, True, id="the user"),
        pytest.param({"user": (role_pattern("Ana"),)}, SELECT, FROM_CUSTOMERS, False, id="a user of other case"),
        pytest.param({"database": (role_pattern("shop"),)}, SELECT, FROM_CUSTOMERS, True, id="the database"),
        pytest.param({"application": (role_pattern("psql"),)}, SELECT, FROM_CUSTOMERS, True, id="the application"),
        pytest.param({"network": (ip_network("10.0.0.0/8"),)}, SELECT, FROM_CUSTOMERS, True, id="the network"),
        pytest.param({"network": (ip_network("::/0"),)}, SELECT, FROM_CUSTOMERS, False, id="another network"),
        pytest.param({"effect": frozenset({"select", "ddl"})}, SELECT, FROM_CUSTOMERS, True, id="one of the effects"),
        pytest.param({"effect": frozenset({"ddl"})}, SELECT, FROM_CUSTOMERS, False, id="none of the effects"),
        pytest.param(
            {"effect": frozenset({"delete"})},
            SELECT,
            replace(FROM_CUSTOMERS, written=frozenset({NOTES})),
            True,
            id="a write that the text hid may be any change",
        ),
        pytest.param(
            {"effect": frozenset({"lock"})},
            SELECT,
            replace(FROM_CUSTOMERS, locked=frozenset({CUSTOMERS})),
            True,
            id="FOR UPDATE by the tree",
        ),
        pytest.param(
            {"effect": frozenset({"set"})},
            SELECT,
            replace(FROM_CUSTOMERS, functions=frozenset({Oid(2078)})),
            True,
            id="set_config",
        ),
        pytest.param(
            {"effect": frozenset({"function"})},
            SELECT,
            replace(FROM_CUSTOMERS, functions=frozenset({Oid(67), Oid(30_000)})),
            True,
            id="a function that is not PostgreSQL's own",
        ),
        pytest.param({"effect": frozenset({"unparsed"})}, Reading("select", frozenset()), None, True, id="unparsed"),
        pytest.param(
            {"where": frozenset({Where.ABSENT})}, text("delete", where=Where.ABSENT), None, True, id="no WHERE"
        ),
        pytest.param(
            {"where": frozenset({Where.ABSENT})}, text("delete", where=Where.PRESENT), None, False, id="a WHERE"
        ),
        pytest.param(
            {"where": frozenset({Where.ABSENT})},
            Reading("delete", frozenset({"delete"})),
            None,
            True,
            id="a WHERE that nobody could read counts as absent where the rule refuses",
        ),
        pytest.param(relations("shop.customers"), SELECT, FROM_CUSTOMERS, True, id="the relation"),
        pytest.param(relations("shop./^c/"), SELECT, FROM_CUSTOMERS, True, id="by a regular expression"),
        pytest.param(relations("shop.orders"), SELECT, FROM_CUSTOMERS, False, id="another relation"),
        pytest.param(relations('"odd.schema".*'), SELECT, Footprint(Command.SELECT, relations=frozenset({NOTES})),
                     True, id="a name with a dot"),
        pytest.param(relations("shop.orders"), SELECT, Footprint(Command.SELECT, relations=frozenset({Oid(5)})),
                     True, id="a relation without a name may be any where the rule refuses"),
        pytest.param(relations("shop.orders"), SELECT, replace(FROM_CUSTOMERS, opaque=("f",)),
                     True, id="and so may what an opaque statement reads"),
        pytest.param(relations("shop.customers"), SELECT, Footprint(Command.DELETE, written=frozenset({CUSTOMERS})),
                     True, id="a relation written"),
        pytest.param(relations("shop.customers"), text("truncate", relations=("shop.customers",)), None,
                     True, id="without a tree, as the text names it"),
        pytest.param(relations("shop.customers"), text("truncate", relations=("customers",)), None,
                     True, id="a name without schema may be the one"),
        pytest.param(relations("shop.customers"), text("truncate", relations=("crm.customers",)), None,
                     False, id="a name of another schema is not"),
        pytest.param(relations("shop.customers"), text("truncate", relations=("orders",)), None,
                     False, id="another name is not"),
        pytest.param(relations("shop.customers"), Reading("truncate", frozenset({"truncate"})), None,
                     True, id="a text not parsed may name any"),
        pytest.param({"subject": frozenset({"analyst"}), "effect": frozenset({"ddl"})}, SELECT, FROM_CUSTOMERS,
                     False, id="all conditions must hold"),
    ],
)  # fmt: skip
def test_a_refusing_rule_speaks(
    conditions: dict[str, object], reading: Reading, footprint: Footprint | None, speaks: bool
) -> None:
    ruling = judge(gate(refusing(**conditions)), reading, footprint)
    assert ruling.action is (RuleAction.REFUSE if speaks else RuleAction.ALLOW)


def test_what_is_not_known_does_not_allow() -> None:
    allow = FirewallRule("a", When(relation=(relation_pattern("shop.orders"),)), RuleAction.ALLOW)
    nameless = Footprint(Command.SELECT, relations=frozenset({Oid(5)}))
    assert judge(gate(allow, otherwise=RuleAction.REFUSE), SELECT, nameless).action is RuleAction.REFUSE


def test_the_first_rule_that_matches_speaks() -> None:
    first, second = FirewallRule("first", action=RuleAction.ALLOW), FirewallRule("second")
    assert judge(gate(first, second), SELECT, FROM_CUSTOMERS) == Ruling(RuleAction.ALLOW, "first")
    assert judge(gate(second, first), SELECT, FROM_CUSTOMERS) == Ruling(RuleAction.REFUSE, "second")


@pytest.mark.parametrize("action", list(RuleAction))
def test_every_action_speaks_when_its_conditions_hold(action: RuleAction) -> None:
    assert Holds.YES in SPEAKS[action]
    assert Holds.NO not in SPEAKS[action]
    assert judge(gate(FirewallRule("r", action=action)), SELECT, None) == Ruling(action, "r")


@pytest.mark.parametrize(
    ("rule", "otherwise", "refused"),
    [
        pytest.param(refusing(), RuleAction.ALLOW, False, id="a rule without an effect does not stop it"),
        pytest.param(refusing(user=(role_pattern("ana"),)), RuleAction.REFUSE, False, id="nor does otherwise"),
        pytest.param(
            refusing(effect=frozenset({"transaction"})), RuleAction.ALLOW, True, id="a rule that names it does"
        ),
    ],
)
def test_transaction_control_is_allowed_unless_named(rule: FirewallRule, otherwise: RuleAction, refused: bool) -> None:
    ruling = judge(gate(rule, otherwise=otherwise), text("commit", "transaction"), None)
    assert (ruling.action is RuleAction.REFUSE) is refused


def test_otherwise_refuse_names_itself() -> None:
    ruling = judge(gate(otherwise=RuleAction.REFUSE), SELECT, FROM_CUSTOMERS)
    assert (ruling.action, ruling.rule) == (RuleAction.REFUSE, "otherwise")


@pytest.mark.parametrize(
    ("whole", "one"),
    [
        pytest.param(FirewallMode.OBSERVE, FirewallMode.ENFORCE, id="the whole firewall"),
        pytest.param(FirewallMode.ENFORCE, FirewallMode.OBSERVE, id="one rule"),
    ],
)
def test_observing_reports_what_it_would_have_refused(whole: FirewallMode, one: FirewallMode) -> None:
    rules = (FirewallRule("r", mode=one),)
    observing = Gate(Firewall(RuleAction.ALLOW, whole, rules), ANA, ANALYST, NAMES)
    decision = decide(SELECT, query(bare(EMAIL)), ANALYST, CLASSIFICATION, observing)
    assert (decision.action, decision.rule, decision.reason) == (Action.ALLOW, "r", "observed")
    assert len(decision.treatments) == 1


def test_observing_does_not_lift_masks_or_our_own_refusals() -> None:
    observing = Gate(Firewall(RuleAction.REFUSE, FirewallMode.OBSERVE), ANA, ANALYST, NAMES)
    assert decide(text("do"), None, ANALYST, CLASSIFICATION, observing).action is Action.REFUSE


def test_an_allowing_rule_does_not_lift_masks() -> None:
    decision = decide(
        SELECT, query(bare(EMAIL)), ANALYST, CLASSIFICATION, gate(FirewallRule("r", action=RuleAction.ALLOW))
    )
    assert [each.label for each in decision.treatments] == ["email"]


@pytest.mark.parametrize(
    ("rule", "sqlstate", "message", "hint"),
    [
        pytest.param(FirewallRule("no-ddl"), "42501", 'refused by pgwarden rule "no-ddl"', "", id="by default"),
        pytest.param(
            FirewallRule("no-ddl", sqlstate="0A000", message="not here", hint="ask #dba"),
            "0A000",
            'not here (refused by pgwarden rule "no-ddl")',
            "ask #dba",
            id="in the rule's words, which name it still",
        ),
    ],
)
def test_a_refusal_says_which_rule_it_was(rule: FirewallRule, sqlstate: str, message: str, hint: str) -> None:
    decision = decide(SELECT, FROM_CUSTOMERS, ANALYST, CLASSIFICATION, gate(rule))
    assert (decision.action, decision.reason, decision.rule) == (Action.REFUSE, "firewall", "no-ddl")
    assert (decision.sqlstate, decision.message, decision.hint) == (sqlstate, message, hint)


def test_a_report_stands_in_the_decision() -> None:
    decision = decide(
        SELECT, FROM_CUSTOMERS, ANALYST, CLASSIFICATION, gate(FirewallRule("r", action=RuleAction.REPORT))
    )
    assert (decision.action, decision.rule, decision.reason) == (Action.ALLOW, "r", "reported")


@pytest.mark.parametrize(
    ("rules", "reading", "settled"),
    [
        pytest.param([refusing(effect=frozenset({"ddl"}))], text("create table", "ddl"), "r", id="by the text alone"),
        pytest.param([refusing(effect=frozenset({"ddl"}))], SELECT, None, id="what the tree may still add"),
        pytest.param([refusing(**relations("shop.orders"))], SELECT, None, id="relations need the tree"),
        pytest.param([refusing(subject=frozenset({"app"})), refusing()], SELECT, "r", id="behind a rule of others"),
        pytest.param(
            [refusing(**relations("a.b")), refusing()],
            SELECT,
            None,
            id="an earlier rule that is not settled goes first",
        ),
        pytest.param([], SELECT, None, id="no rule"),
    ],
)
def test_a_refusal_need_not_ask_the_server(rules: list[FirewallRule], reading: Reading, settled: str | None) -> None:
    ruling = judge_early(gate(*rules), reading)
    assert (None if ruling is None else ruling.rule) == settled
    decision = decide_early(reading, ANALYST, CLASSIFICATION, gate(*rules))
    assert (None if decision is None else decision.rule) == settled


@pytest.mark.parametrize("action", [RuleAction.ALLOW, RuleAction.REPORT])
def test_only_a_refusal_is_early(action: RuleAction) -> None:
    assert decide_early(SELECT, ANALYST, CLASSIFICATION, gate(FirewallRule("r", action=action))) is None
    assert decide_early(SELECT, ANALYST, CLASSIFICATION, None) is None
