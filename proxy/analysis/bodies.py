"""Functions whose SQL body is known: what a call returns and does, from the body's own trees."""

from collections.abc import Sequence

from proxy.analysis.around import Scope
from proxy.analysis.values import Value, opaque
from proxy.model import Oid


def call(scope: Scope, function: Oid, arguments: Sequence[Value]) -> Value:
    """What a call returns. What the body reads, filters, writes and calls goes into scope.gathered."""
    scope.gathered.unproven((f"body:{function}",))
    return opaque(f"body:{function}")
