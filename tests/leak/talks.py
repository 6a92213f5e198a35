"""Every conversation by its name."""

from typing import Final

from tests.leak.conversations import MOMENTS, PORTALS, STATES, Talk
from tests.leak.conversations_others import OTHERS

CONVERSATIONS: Final[dict[str, Talk]] = {**MOMENTS, **STATES, **PORTALS, **OTHERS}
