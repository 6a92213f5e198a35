"""Over any footprint whatever: the policy has an answer, and what it lets through keeps the promises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.model import (
    Action,
    Attnum,
    Classification,
    ColumnId,
    Command,
    Footprint,
    Level,
    Oid,
    Origin,
    Output,
    Reading,
    Treatment,
    Where,
    Write,
)
from proxy.policy.decide import decide
from proxy.policy.exposure import Exposure
from proxy.policy.restrict import SHAPES, Shape
from proxy.policy.rules import Derived, Inference, Subject, Unproven
from tests.policy.scene import LISTED, TOP

COLUMNS = st.sampled_from(
    [*LISTED, *(ColumnId(Oid(20_003), Attnum(n)) for n in (-1, 0, 1)), ColumnId(Oid(2619), Attnum(5))]
)
SETS = st.frozensets(COLUMNS, max_size=2)
OIDS = st.frozensets(st.sampled_from([Oid(20_001), Oid(20_003)]), max_size=1)
REASONS = st.sampled_from([(), (), (), ("node X",)])
ORIGINS = st.builds(Origin, SETS, SETS, REASONS)
OUTPUTS = st.builds(Output, st.just("c"), st.just(Oid(25)), st.just(-1), ORIGINS)
FOOTPRINTS = st.builds(
    Footprint,
    command=st.sampled_from(Command),
    outputs=st.lists(OUTPUTS, max_size=3).map(tuple),
    reads=SETS,
    written=OIDS,
    writes=st.lists(st.builds(Write, COLUMNS, ORIGINS), max_size=1).map(tuple),
    filtered=SETS,
    sorted=st.just(frozenset()) | SETS,
    grouped=st.just(frozenset()) | SETS,
    joined=st.just(frozenset()) | SETS,
    locked=OIDS,
    volatile=st.booleans(),
    row_security=st.booleans(),
    opaque=REASONS,
)
READINGS = st.builds(
    Reading,
    kind=st.sampled_from([*SHAPES, "begin", "set", "show", "do", "mystery"]),
    effects=st.just(frozenset[str]()),
    where=st.sampled_from(Where),
    parsed=st.booleans(),
    inner=st.none() | st.just("select 1"),
    name=st.none() | st.just("timezone"),
)
SUBJECTS = st.builds(
    Subject,
    name=st.just("s"),
    clearance=st.integers(0, 3).map(Level),
    derived=st.sampled_from(Derived),
    inference=st.sampled_from(Inference),
    opaque=st.sampled_from(Unproven),
    top=st.just(TOP),
)
CLASSIFICATIONS = st.builds(
    Classification, st.just(LISTED), st.just(Level(3)), st.sampled_from([None, Level(0), Level(2)])
)


@settings(max_examples=400, deadline=None)
@given(READINGS, FOOTPRINTS, SUBJECTS, CLASSIFICATIONS)
def test_nothing_protected_passes_in_clear(
    reading: Reading, footprint: Footprint, subject: Subject, classification: Classification
) -> None:
    decision = decide(reading, footprint, subject, classification, None)
    exposure = Exposure(subject, classification)
    refused = decision.action is Action.REFUSE
    shown = SHAPES.get(reading.kind, Shape.ROWS) is not Shape.VIEW
    passed = [
        output.origin
        for at, output in enumerate(footprint.outputs)
        if not decision.treatments or decision.treatments[at].treatment is Treatment.PASS
    ]
    leaks = [origin for origin in passed if origin.opaque or exposure.among(origin.sources | origin.direct)]
    assert refused or not exposure.restricted or not shown or not leaks
    stored = [write.origin for write in footprint.writes]
    launders = [origin for origin in stored if origin.opaque or exposure.among(origin.sources | origin.direct)]
    assert refused or not exposure.restricted or not launders


@settings(max_examples=200, deadline=None)
@given(READINGS, FOOTPRINTS, SUBJECTS, CLASSIFICATIONS)
def test_who_is_cleared_for_more_is_refused_no_more(
    reading: Reading, footprint: Footprint, subject: Subject, classification: Classification
) -> None:
    decision = decide(reading, footprint, subject, classification, None)
    cleared = Subject("s", clearance=TOP, top=TOP)
    assert decide(reading, footprint, cleared, classification, None).action is Action.ALLOW
    assert decision.restricted is Exposure(subject, classification).restricted
    assert len(decision.treatments) in (0, len(footprint.outputs))


@settings(max_examples=200, deadline=None)
@given(READINGS, FOOTPRINTS, SUBJECTS, CLASSIFICATIONS)
def test_a_refusal_has_a_rule_a_code_and_a_hint(
    reading: Reading, footprint: Footprint, subject: Subject, classification: Classification
) -> None:
    decision = decide(reading, footprint, subject, classification, None)
    refused = decision.action is Action.REFUSE
    assert refused == bool(decision.message)
    assert refused == (decision.reason not in ("ok", "reported", "observed"))
    assert not refused or decision.hint
