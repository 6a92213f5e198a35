"""A number of statements from one seed, and the first that must not be, made small."""

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.generated.stage import RESTRICTED, Theatre
from tests.generated.statements import Trial, trials


def run(theatre: Theatre, number: int, start: int) -> None:
    """The same statements for the same seed and schema. Raises Found; the smallest statement stands in its notes."""

    @seed(start)
    @settings(
        max_examples=number, database=None, deadline=None, print_blob=False, derandomize=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(trial=trials(theatre.words), reader=st.sampled_from(RESTRICTED))
    def statement(trial: Trial, reader: str) -> None:
        theatre.check(trial, reader)

    statement()
