"""Decides which requests reach the marking page: only those of a browser on this machine that has the token.

The token is in the part of the address that browsers do not send (after the #); the page keeps it for its tab and sends
it in a header with each request. So there is no cookie with which another page, or another server on this machine,
could act for the marker. Requests for another host (DNS rebinding) and those caused by other sites are refused before
anything else is looked at.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LARGEST_BODY = 64 << 10
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Refuses requests that are not from our own page, and adds headers that keep the browser from loading other sites.

    Args:
        app: the application to guard.
        token: the secret of this server.
        hosts: the names, with the port, under which it may be requested.
        data: prefixes of the paths that need the token; the page itself contains nobody's data.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Sequence[str], data: str) -> None:
        self._app, self._token, self._data = app, f"Bearer {token}".encode(), data
        self._hosts = {host.encode() for host in hosts}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return  # there are no others
        status = self._refusal(scope)
        if status:
            await send({"type": "http.response.start", "status": status, "headers": _encoded()})
            await send({"type": "http.response.body", "body": b"refused\n"})
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_encoded()]}
            await send(message)

        await self._app(scope, receive, sent)

    def _refusal(self, scope: Scope) -> int:
        """Return the status with which a request is refused; 0 if it is not."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        if len(hosts := headers.get(b"host", [])) != 1 or hosts[0] not in self._hosts:
            return 421
        if any(origin not in self._origins for origin in headers.get(b"origin", [])):
            return 403
        from_where = headers.get(b"sec-fetch-site", [b"same-origin"])
        opened = scope["path"] == "/" and scope["method"] == "GET"
        if any(site != b"same-origin" and not (site == b"none" and opened) for site in from_where):
            return 403
        length = headers.get(b"content-length", [b"0"])[-1]
        if b"transfer-encoding" in headers or not length.isdigit() or int(length) > _LARGEST_BODY:
            return 413
        if not scope["path"].startswith(self._data):
            return 0
        given = headers.get(b"authorization", [])
        return 0 if len(given) == 1 and hmac.compare_digest(given[0], self._token) else 401


def _encoded() -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
