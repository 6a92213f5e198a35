"""Soundness rule 20: who may write a value and read its mask back builds no dictionary of what is protected."""

import pytest

from tests.leak.canary import fill
from tests.leak.client import Client, converse
from tests.leak.conftest import Stages
from tests.leak.stage import DATABASE, Stage
from tests.servers import KNOWN

DICTIONARIES = [
    ["insert into people (id, name, email) values (900, 'x', 'GUESS')",
     "select email from people where id in (1, 900) order by id"],
    ["insert into notes (id, body) values (900, 'GUESS')",
     "select body from notes where id in (900) union all select email from people where id = 1"],
    ["update people set email = 'GUESS' where id = 2", "select email from people order by id"],
    ["update people set email = 'GUESS' where id = 2 returning email", "select email from people order by id"],
    ["update people p set code = 'GUESS' where id = 2", "select code from people where id = 2 union all "
     "select email from people where id = 1"],
    ["insert into docs values (900, 'GUESS')", "select secret from docs where id = 900 union all "
     "select email from people where id = 1"],
    ["insert into people (id, name, email) values (900, 'x', 'GUESS') on conflict (id) do update set email = 'GUESS'",
     "select email from v_people where id in (1, 900) order by id"],
    ["prepare w (text) as update people set email = $1 where id = 2", "execute w ('GUESS')",
     "select email from people order by id"],
]  # fmt: skip
"""Steps in a transaction; the last gives the mask of what is hidden beside that of the guess."""


def alike(stage: Stage, port: int, reader: str, steps: list[str], guess: str) -> bool:
    """Whether the reader sees two rows that are the same."""
    with Client(port, reader, DATABASE) as client:
        converse(client, "simple", ["begin"])
        for step in steps:
            answer = converse(client, "simple", [step.replace("GUESS", guess)])
    rows = [frame.payload for frame in answer if frame.type == b"D"]
    return len(rows) == 2 and rows[0] == rows[1]


@pytest.mark.parametrize("label", list(KNOWN)[:1])
@pytest.mark.parametrize("steps", DICTIONARIES)
@pytest.mark.parametrize("reader", ["strict", "lenient"])
def test_a_guess_has_not_the_mask_of_the_value(steps: list[str], reader: str, label: str, stages: Stages) -> None:
    """A right guess looks like a wrong one; on the server itself it does not."""
    stage, _ = stages.get(label)
    hidden = fill("{{email1}}")
    assert alike(stage, stage.direct, "app", steps, hidden), "no attack: a right guess is not told by the server"
    assert not alike(stage, stage.direct, "app", steps, "guess")
    assert alike(stage, stage.named, reader, steps, hidden) == alike(stage, stage.named, reader, steps, "guess")
