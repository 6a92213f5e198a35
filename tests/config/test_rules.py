"""Rule files: what they mean, how several merge, and that the shipped ones load."""

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from proxy.config.load import load_rules, read_rules
from proxy.errors import ConfigError
from proxy.model import Classified, Level, Principal, Where
from proxy.policy.classifier import Classifier
from proxy.policy.rules import Budget, Derived, FirewallMode, Inference, OnFlow, RuleAction, Unproven, Writes
from proxy.policy.subjects import subject_of

SHIPPED = Path(__file__).parents[2] / "masking_rules"
HEAD = "version: 1\nlevels: [public, internal, secret]\n"
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str) -> Path:
        Path(name).write_text(text)
        return Path(name)

    return write_file


def test_the_defaults_are_the_strictest(write: Write) -> None:
    text = HEAD + "unclassified: mask\nsubjects: [{name: a, match: {}, clearance: public}]\n"
    rules = load_rules([write("r.yaml", text)])
    (subject,) = rules.subjects
    assert (subject.derived, subject.inference, subject.opaque) == (Derived.REFUSE, Inference.NONE, Unproven.REFUSE)
    assert (subject.writes, subject.budget, rules.on_flow) == (Writes.REFUSE, None, OnFlow.RAISE)
    assert (subject.clearance, subject.top) == (Level(0), Level(2))
    assert rules.unclassified is None
    assert rules.firewall is None


def test_a_single_value_stands_for_a_list_of_one(write: Write) -> None:
    text = (
        HEAD
        + "unclassified: public\nsubjects: [{name: a, match: {user: no, network: 10.1.0.0/16}, clearance: secret}]\n"
    )
    (subject,) = load_rules([write("r.yaml", text)]).subjects
    assert [pattern.text for pattern in subject.match.user] == ["no"]
    assert subject.match.network == (ip_network("10.1.0.0/16"),)


def test_inference_is_a_word_or_a_word_with_a_budget(write: Write) -> None:
    text = HEAD + (
        "unclassified: public\non_flow: report\nsubjects:\n"
        "  - {name: a, match: {user: a}, clearance: public, inference: equality, writes: allow}\n"
        "  - {name: b, match: {}, clearance: public, inference: {mode: equality, budget: {probes: 100, per: hour}}}\n"
    )
    rules = load_rules([write("r.yaml", text)])
    first, second = rules.subjects
    assert (first.inference, first.budget, first.writes) == (Inference.EQUALITY, None, Writes.ALLOW)
    assert (second.inference, second.budget) == (Inference.EQUALITY, Budget(100, 3_600))
    assert rules.on_flow is OnFlow.REPORT


def test_a_firewall_as_the_design_has_it(write: Write) -> None:
    text = HEAD + (
        "unclassified: public\n"
        "subjects: [{name: analysts, match: {member_of: analysts}, clearance: public}]\n"
        "firewall:\n"
        "  mode: observe\n"
        "  otherwise: refuse\n"
        "  rules:\n"
        "    - {name: no-ddl, when: {subject: [analysts], effect: [ddl, grant]}, action: refuse, hint: 'ask #dba'}\n"
        "    - {name: bare, when: {effect: delete, where: absent, relation: shop.*}, action: report, mode: observe}\n"
        "    - {name: rest, action: allow}\n"
    )
    firewall = load_rules([write("r.yaml", text)]).firewall
    assert firewall is not None
    assert (firewall.mode, firewall.otherwise) == (FirewallMode.OBSERVE, RuleAction.REFUSE)
    first, second, third = firewall.rules
    assert (first.name, first.action, first.hint) == ("no-ddl", RuleAction.REFUSE, "ask #dba")
    assert (first.when.subject, first.when.effect) == (frozenset({"analysts"}), frozenset({"ddl", "grant"}))
    assert (second.when.where, second.mode) == (frozenset({Where.ABSENT}), FirewallMode.OBSERVE)
    assert [str(pattern) for pattern in second.when.relation] == ["shop.*"]
    assert (third.action, third.place) == (RuleAction.ALLOW, "r.yaml:11")


def test_files_merge(write: Write) -> None:
    first = write(
        "a.yaml",
        HEAD + "unclassified: public\n"
        "classify: [{column: a.b.c, level: internal, type: x}, {column: a.b.d, level: secret}]\n"
        "masks: {x: {method: redact}, default: {method: redact}}\n"
        "subjects: [{name: one, match: {user: u}, clearance: secret}, {name: two, match: {}, clearance: public}]\n"
        "firewall: {otherwise: allow, rules: [{name: r1, action: report}]}\n",
    )
    second = write(
        "b.yaml",
        "version: 1\nunclassified: internal\n"
        "classify: [{column: a.b.c, level: secret, type: y}, {column: a.b.d, level: public}]\n"
        "masks: {y: {method: redact}, x: {method: 'null'}}\n"
        "subjects: [{name: one, match: {user: v}, clearance: public}]\n"
        "firewall: {mode: observe, rules: [{name: r2, action: refuse}]}\n",
    )
    rules = load_rules([first, second])
    assert rules.unclassified == Level(1)
    classifier = Classifier(rules, "db")
    assert [classifier.classified("a", "b", column) for column in ("c", "d")] == [
        Classified(Level(2), "y", "b.yaml:3"),
        Classified(Level(2), "default", "a.yaml:4"),
    ]
    assert {label: mask.place for label, mask in rules.masks.items()} == {
        "x": "b.yaml:4",
        "default": "a.yaml:5",
        "y": "b.yaml:4",
    }
    assert [(subject.name, subject.place) for subject in rules.subjects] == [("one", "b.yaml:5"), ("two", "a.yaml:6")]
    assert rules.firewall is not None
    assert (rules.firewall.otherwise, rules.firewall.mode) == (RuleAction.ALLOW, FirewallMode.OBSERVE)
    assert [rule.name for rule in rules.firewall.rules] == ["r1", "r2"]


def test_levels_must_agree(write: Write) -> None:
    files = [
        write("a.yaml", HEAD + "unclassified: public\n"),
        write("b.yaml", "version: 1\nlevels: [public, secret]\n"),
    ]
    with pytest.raises(ConfigError, match=r"b\.yaml:2:10: levels differ between the files"):
        load_rules(files)


def test_the_version_of_rules_changes_with_their_text(write: Write) -> None:
    before = load_rules([write("r.yaml", HEAD + "unclassified: public\n")])
    same = load_rules([write("r.yaml", HEAD + "unclassified: public\n")])
    after = load_rules([write("r.yaml", HEAD + "unclassified: public\n# changed\n")])
    assert before.version == same.version != after.version


def test_a_label_without_a_mask_and_a_subject_never_reached_are_warnings(write: Write) -> None:
    text = HEAD + (
        "unclassified: public\n"
        "classify: [{column: a.b.c, level: secret, type: emial}]\n"
        "masks: {email: {method: redact}}\n"
        "subjects: [{name: all, match: {}, clearance: public}, {name: app, match: {user: x}, clearance: public}]\n"
    )
    rules, problems = read_rules([write("r.yaml", text)])
    assert rules is not None
    assert [(str(problem.place), problem.what) for problem in problems] == [
        ("r.yaml:4:49", 'no mask is named "emial": default is used'),
        ("r.yaml:6:19", 'no subject behind "all" is ever reached'),
    ]


def test_the_shipped_rules_load_without_a_word() -> None:
    rules, problems = read_rules([SHIPPED / "base.yaml", SHIPPED / "examples/shop.yaml"])
    assert problems == ()
    assert rules is not None
    assert rules.levels == ("public", "internal", "confidential", "secret")


def test_the_example_stands_alone() -> None:
    rules, problems = read_rules([SHIPPED / "examples/shop.yaml"])
    assert problems == ()
    assert rules is not None
    classifier = Classifier(rules, "shop")
    columns = {
        "customers": ("id", "name", "email", "phone", "birth_date", "country", "created_at"),
        "payments": ("id", "customer_id", "card_number", "amount", "paid_at"),
        "orders": ("id", "customer_id", "status", "total", "ordered_at"),
        "products": ("id", "title", "price"),
    }
    found = {
        f"{table}.{column}": entry.level
        for table, names in columns.items()
        for column in names
        if (entry := classifier.classified("shop", table, column)) is not None
    }
    assert found == {
        "customers.name": Level(2),
        "customers.email": Level(2),
        "customers.phone": Level(2),
        "customers.birth_date": Level(2),
        "payments.card_number": Level(3),
        "payments.amount": Level(1),
    }
    assert classifier.used == set(rules.classify[0])


@pytest.mark.parametrize(
    ("principal", "subject", "clearance"),
    [
        pytest.param(Principal("shop_app", "shop"), "app", 3, id="the application"),
        pytest.param(Principal("ana", "shop", frozenset({"ana", "analysts"})), "analysts", 1, id="an analyst"),
        pytest.param(Principal("bob", "shop", frozenset({"bob"})), "everyone", 0, id="anybody"),
        pytest.param(Principal("SHOP_APP", "shop"), "everyone", 0, id="another role with nearly that name"),
    ],
)
def test_the_example_knows_its_people(principal: Principal, subject: str, clearance: int) -> None:
    found = subject_of(load_rules([SHIPPED / "examples/shop.yaml"]), principal)
    assert (found.name, found.clearance) == (subject, clearance)


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("email", "email"),
        ("billing_email", "email"),
        ("e_mail_address", "email"),
        ("Email", "email"),
        ("phone", "phone"),
        ("mobile_number", "phone"),
        ("ssn", "national_id"),
        ("tax_id", "national_id"),
        ("passport_no", "national_id"),
        ("card_number", "payment_card"),
        ("cc_number", "payment_card"),
        ("pan", "payment_card"),
        ("cvv", "credential"),
        ("iban", "bank_account"),
        ("password", "credential"),
        ("password_hash", "credential"),
        ("user_password", "credential"),
        ("api_key", "credential"),
        ("refresh_token", "credential"),
        ("first_name", "person_name"),
        ("surname", "person_name"),
        ("date_of_birth", "birth_date"),
        ("dob", "birth_date"),
        ("home_address", "address"),
        ("postcode", "address"),
        ("client_ip", "network_address"),
        ("diagnosis", "health"),
        ("religion", "special"),
        ("salary", "money"),
        ("latitude", "location"),
        ("id", None),
        ("name", None),
        ("title", None),
        ("description", None),
        ("status", None),
        ("created_at", None),
        ("price", None),
        ("expand", None),
        ("token_count", None),
        ("company", None),
        ("span", None),
        ("shipping", None),
    ],
)
def test_the_base_rules_know_a_column_by_its_name(column: str, label: str | None) -> None:
    entry = Classifier(load_rules([SHIPPED / "base.yaml"]), "db").entry_for("any", "table", column)
    assert (None if entry is None else entry.type) == label
