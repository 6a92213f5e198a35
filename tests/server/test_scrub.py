"""What a restricted reader may see of reports."""

from proxy.server.scrub import Reports

SECRET, PLAIN = b"application_name\0canary\0", b"application_name\0psql\0"


def test_a_value_that_was_withheld_is_withheld_when_the_end_of_a_transaction_puts_it_back() -> None:
    reports = Reports()
    assert not reports.shows(SECRET, doubtful=True)
    assert reports.shows(PLAIN, doubtful=False)
    assert not reports.shows(SECRET, doubtful=False)


def test_whoever_has_too_many_values_withheld_is_told_of_none() -> None:
    reports = Reports()
    for number in range(Reports.MOST):
        reports.shows(b"%d" % number, doubtful=True)
    assert not reports.shows(PLAIN, doubtful=False)
