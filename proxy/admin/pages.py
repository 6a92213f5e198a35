"""What the admin endpoint shows: metrics, whether the process lives, and whether it can serve."""

import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

import msgspec
from prometheus_client import CollectorRegistry

from proxy.admin.http import Request, Response, refusal
from proxy.errors import WardenError
from proxy.observe.metrics import CONTENT_TYPE, exposition

Check: TypeAlias = Callable[[], str | None]
"""Why a part cannot serve now, in words that name things only; None where it can."""
JSON = "application/json"


class Pages:
    """Answers requests. checks: by the part's name (upstream, catalog, rules, journal). token: empty for none."""

    def __init__(self, *, metrics: CollectorRegistry, checks: Mapping[str, Check], token: str = "") -> None:
        self._metrics, self._checks, self._token = metrics, dict(checks), token.encode()
        self._pages: Mapping[str, Callable[[Request], Response]] = {
            "/metrics": self._show_metrics,
            "/healthz": self._show_health,
            "/readyz": self._show_readiness,
        }

    def answer(self, request: Request) -> Response:
        """The page asked for, or 404."""
        page = self._pages.get(request.path)
        return refusal(HTTPStatus.NOT_FOUND) if page is None else page(request)

    def _show_metrics(self, request: Request) -> Response:
        if not self._knows_token(request):
            return refusal(HTTPStatus.UNAUTHORIZED, extra=(("WWW-Authenticate", "Bearer"),))
        return Response(HTTPStatus.OK, exposition(self._metrics), CONTENT_TYPE)

    def _show_health(self, _request: Request) -> Response:
        return Response(HTTPStatus.OK, b'{"alive":true}\n', JSON)

    def _show_readiness(self, request: Request) -> Response:
        reasons = {name: reason for name, check in self._checks.items() if (reason := _outcome(check)) is not None}
        shown: dict[str, object] = {"ready": not reasons}
        if reasons and self._knows_token(request):  # a load balancer without the token needs the status only
            shown["reasons"] = reasons
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return Response(status, msgspec.json.encode(shown) + b"\n", JSON)

    def _knows_token(self, request: Request) -> bool:
        if not self._token:
            return True
        scheme, _, shown = request.fields.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), self._token)


def _outcome(check: Check) -> str | None:
    try:
        return check()
    except WardenError as error:
        return str(error)
