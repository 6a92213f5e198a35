"""A template's name in records."""

from proxy.template.fingerprint import fingerprint


def test_a_fingerprint_never_changes() -> None:
    assert fingerprint(b"select \x01") == "6ff9a3d3b31f027b"


def test_templates_that_differ_have_different_fingerprints() -> None:
    assert fingerprint(b"select \x01") != fingerprint(b"select \x02")
