"""SQL bodies that are stored as texts: the server is asked for their trees when restricted readers first call them."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from proxy.analysis import texts
from proxy.analysis.ground import Ground
from proxy.errors import WardenError
from proxy.model import Footprint, Oid

Ask: TypeAlias = Callable[[str, str], Awaitable[str | None]]
"""The tree that a database's server makes of a statement, which is not run; None where it does not accept it. Raises
UpstreamUnavailable where it cannot be asked."""


async def learn(ground: Ground, footprint: Footprint | None, ask: Ask) -> bool:
    """Whether something new is known of a function that a statement calls: then it is to be judged again."""
    unread = [] if footprint is None else sorted(oid for oid in footprint.functions if ground.is_unread(oid))
    learned = False
    for oid in unread:
        question = texts.question(ground, oid)
        try:
            tree = None if question is None else await _asked_twice(ground.snapshot.database, question, ask)
        except WardenError:
            return learned  # opaque for now: the next statement asks again
        ground.texts[oid] = None if tree is None else texts.answer(ground, Oid(oid), tree)
        learned = True
    return learned


async def _asked_twice(database: str, question: str, ask: Ask) -> str | None:
    """A connection that was lost is made anew for the second attempt."""
    try:
        return await ask(database, question)
    except WardenError:
        return await ask(database, question)
