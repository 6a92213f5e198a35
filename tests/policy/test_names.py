"""How names in rules are read and what they match, and who is asking."""

from ipaddress import ip_network

import pytest

from proxy.model import Level, Principal
from proxy.policy.classifier import Classifier
from proxy.policy.names import column_pattern, relation_pattern, role_pattern, split_name
from proxy.policy.rules import ClassifyEntry, Match, Network, Rules, Subject
from proxy.policy.subjects import NOBODY, in_networks, matches, subject_of


@pytest.mark.parametrize(
    ("pattern", "column", "fits"),
    [
        ("shop.customers.email", ("shop", "customers", "email"), True),
        ("shop.customers.email", ("shop", "customers", "emails"), False),
        ("shop.customers.email", ("Shop", "CUSTOMERS", "eMail"), True),
        ("shop.customers.firstName", ("shop", "customers", "firstname"), True),
        ('shop.customers."firstName"', ("shop", "customers", "firstName"), True),
        ('shop.customers."firstName"', ("shop", "customers", "firstname"), False),
        ('shop."odd.table".x', ("shop", "odd.table", "x"), True),
        ('shop."a""b".x', ("shop", 'a"b', "x"), True),
        ("*.*.ssn", ("any", "table", "ssn"), True),
        ("shop.pii_*.*", ("shop", "pii_people", "anything"), True),
        ("shop.pii_*.*", ("shop", "people", "anything"), False),
        ("*.*./^(ssn|tax_id)$/", ("a", "b", "tax_id"), True),
        ("*.*./^(ssn|tax_id)$/", ("a", "b", "TAX_ID"), True),
        ("*.*./^(ssn|tax_id)$/", ("a", "b", "tax_ids"), False),
        (r"*.*./a\/b/", ("a", "b", "xa/bx"), True),
        ("*.*./a.b/", ("a", "b", "a-b"), True),
        ("a.b.größe", ("a", "b", "größe"), True),
        ("a.b.c", ("a", "b", "c\n"), False),
    ],
)
def test_a_pattern_matches_real_names(pattern: str, column: tuple[str, str, str], fits: bool) -> None:
    assert column_pattern(pattern).matches(*column) is fits


@pytest.mark.parametrize(
    "wrong", ["", "a", "a.b", "a.b.c.d", "a..c", ".b.c", "a.b.", 'a.b."', "a.b./x", "a b.c.d", "a.b.//"]
)
def test_what_is_no_column_pattern_is_an_error(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"expected schema\.table\.column"):
        column_pattern(wrong)


def test_a_pattern_is_shown_as_it_was_written() -> None:
    assert str(column_pattern('Shop."T".*')) == 'Shop."T".*'
    assert str(relation_pattern("a./x/")) == "a./x/"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("shop.customers", ("shop", "customers")),
        ("customers", ("", "customers")),
        ('"a.b".c', ("a.b", "c")),
        ('"a""b"."c.d"', ('a"b', "c.d")),
        ("db.shop.customers", ("shop", "customers")),
        ("", ("", "")),
    ],
)
def test_a_qualified_name_has_two_parts(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


ANA = Principal("ana", "shop", frozenset({"ana", "analysts", "readers"}), client_addr="10.1.2.3", application="bi")


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        pytest.param(Match(), True, id="nothing asked"),
        pytest.param(Match(user=(role_pattern("ana"),)), True, id="the user"),
        pytest.param(Match(user=(role_pattern("ANA"),)), False, id="exactly"),
        pytest.param(Match(user=(role_pattern("bob"), role_pattern("an*"))), True, id="one of several"),
        pytest.param(Match(member_of=(role_pattern("readers"),)), True, id="a role that is inherited"),
        pytest.param(Match(member_of=(role_pattern("writers"),)), False, id="a role that is not"),
        pytest.param(Match(member_of=(role_pattern("ana"),)), True, id="everybody has their own role"),
        pytest.param(Match(database=(role_pattern("shop"),)), True, id="the database"),
        pytest.param(Match(application=(role_pattern("bi"),)), True, id="the application"),
        pytest.param(Match(network=(ip_network("10.1.0.0/16"),)), True, id="the network"),
        pytest.param(Match(user=(role_pattern("ana"),), database=(role_pattern("x"),)), False, id="all must fit"),
    ],
)
def test_a_match_fits_a_principal(match: Match, fits: bool) -> None:
    assert matches(match, ANA) is fits


@pytest.mark.parametrize(
    ("network", "address", "inside"),
    [
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("0.0.0.0/0", "", False),
        ("0.0.0.0/0", "/tmp/socket", False),
        ("::/0", "10.0.0.1", False),
    ],
)
def test_an_address_is_in_a_network(network: str, address: str, inside: bool) -> None:
    networks: tuple[Network, ...] = (ip_network(network),)
    assert in_networks(networks, address) is inside


def test_the_first_subject_that_matches_wins_and_who_matches_none_is_nobody() -> None:
    first = Subject("first", Match(user=(role_pattern("ana"),)), Level(2))
    second = Subject("second", Match(member_of=(role_pattern("analysts"),)), Level(1))
    rules = Rules(("a", "b", "c"), Level(0), subjects=(first, second))
    assert subject_of(rules, ANA) == first
    assert subject_of(rules, Principal("eve", "shop", frozenset({"analysts"}))) == second
    assert subject_of(rules, Principal("eve", "shop")) == Subject(NOBODY, top=Level(2))


def entry(pattern: str, level: int, **more: object) -> ClassifyEntry:
    return ClassifyEntry(column_pattern(pattern), Level(level), place=f"{pattern}={level}", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param([[]], None, id="nothing"),
        pytest.param([[entry("a.b.c", 1), entry("*.*.*", 2)]], "a.b.c=1", id="the first in a file"),
        pytest.param([[entry("*.*./c/", 2), entry("a.b.c", 1)]], "*.*./c/=2", id="whatever kind of pattern it is"),
        pytest.param([[entry("a.b.c", 1)], [entry("*.*.c", 2)]], "*.*.c=2", id="the highest of all files"),
        pytest.param([[entry("a.b.c", 2)], [entry("*.*.c", 1)]], "a.b.c=2", id="in whatever order they are"),
        pytest.param([[entry("a.x.c", 1), entry("x.b.c", 2)]], None, id="the table and schema count"),
        pytest.param(
            [[entry("a.b.c", 2, json="$.x"), entry("a.b.c", 1)]], "a.b.c=2", id="a path in it counts for it all"
        ),
        pytest.param([[entry("a.b.c", 1, json="$.x"), entry("a.b.c", 2)]], "a.b.c=2", id="unless the column is higher"),
        pytest.param([[entry("a.b.c", 1, database=role_pattern("other"))]], None, id="another database"),
        pytest.param([[entry("a.b.c", 1, database=role_pattern("sh*"))]], "a.b.c=1", id="this database"),
    ],
)
def test_what_decides_about_a_column(files: list[list[ClassifyEntry]], found: str | None) -> None:
    rules = Rules(("l", "m", "h"), Level(0), classify=tuple(map(tuple, files)))
    spoken = Classifier(rules, "shop").entry_for("a", "b", "c")
    assert (None if spoken is None else spoken.place) == found
