"""One identity's calls to Partner Center and Graph, with the manners that Microsoft asks for (microsoft.md 1.5, 6).

A session speaks only to its cloud's two addresses and only in the ways that it is allowed to: the reader's refuses
whatever could write, before anything leaves. A call keeps its `MS-RequestId` while it is tried again, so that Microsoft
does nothing twice; after a final answer there is a new one.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import httpx

from csp_receivables.adapters.partner_center.answers import Record, parse_json, unreadable
from csp_receivables.adapters.partner_center.errors import hollow_success, refusal
from csp_receivables.adapters.partner_center.manners import Manners, TryAgain, persist, retry_after
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, OutcomeUnknown
from csp_receivables.microsoft_settings import Cloud

log = logging.getLogger(__name__)

APPLICATION = "CSP Receivables"
_TRIED_AGAIN = {408, 429, 500, 502, 503, 504}
_GATEWAYS_OWN = 505  # and above: words of gateways, such as 524, which gave up waiting


class Service(StrEnum):
    """The two that answer."""

    PARTNER_CENTER = "partner_center"
    GRAPH = "graph"


class AccessTokens(Protocol):
    """Where a session's bearer tokens come from."""

    def token(self, service: Service, *, fresh: bool = False) -> str:
        """A token that is good for some minutes at least; `fresh`: the last one was refused. MicrosoftRefused."""


class Expects(StrEnum):
    """Without which a success is none: a gateway's page, or a body that got lost."""

    JSON = "json"
    LOCATION = "location"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `repeatable`: doing it twice does no more than doing it once, so a time-out may be tried again."""

    method: str
    service: Service
    path: str  # from the service's address: "/v1/invoices"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)  # JSON
    repeatable: bool = True
    expects: Expects | None = None  # None: whatever comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    what: str  # method and path, for messages

    def json(self) -> Record:
        """The body's JSON object. Raises MicrosoftRefused."""
        try:
            return Record(parse_json(self.body), self.what)
        except ValueError:
            raise hollow_success(self.status, self.body) from None


Rights = tuple[tuple[str, re.Pattern[str]], ...]  # methods and the paths they may go to
EXPORTS = re.compile(r"/v1\.0/reports/partners/billing/(usage|reconciliation)/(billed|unbilled)/export")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,200}")
READING: Rights = (("GET", re.compile(r"/v1(\.0)?/.*")), ("POST", EXPORTS))


class Session:
    """See the module."""

    def __init__(
        self,
        *,
        cloud: Cloud,
        tokens: AccessTokens,
        client: httpx.Client,
        manners: Manners,
        rights: Rights = READING,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.cloud = cloud
        self._tokens = tokens
        self._client = client
        self._manners = manners
        self._rights = rights
        self._new_id = new_id
        self.last_call = ""  # the ids of the last one, as Microsoft's support asks for them

    def get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Record:
        """The JSON object at Partner Center's `path`. Raises MicrosoftRefused."""
        call = Call(
            method="GET",
            service=Service.PARTNER_CENTER,
            path=path,
            query=query or {},
            headers=headers or {},
            expects=Expects.JSON,
        )
        return self.send(call).json()

    def send(self, call: Call) -> Reply:
        """Make the call; its success. Raises MicrosoftRefused, OutcomeUnknown where a writing call broke off."""
        if not any(call.method == method and path.fullmatch(call.path) for method, path in self._rights):
            raise PermissionError(f"this session may not {call.method} {call.path}")
        self._base(call.service)  # before a token is asked for that nobody needs
        reply = self._tried(call, fresh=False)
        if reply.status == 401 and not isinstance(refusal(401, reply.body), ConsentLost):
            reply = self._tried(call, fresh=True)
        if not 200 <= reply.status < 300:
            raise refusal(reply.status, reply.body)
        return reply

    def _tried(self, call: Call, *, fresh: bool) -> Reply:
        """The final answer, whatever it says; what passes is tried again under the same request id."""
        token, request_id = self._tokens.token(call.service, fresh=fresh), str(self._new_id())
        return persist(self._manners, lambda: self._once(call, token, request_id))

    def _once(self, call: Call, token: str, request_id: str) -> Reply:
        correlation_id = str(self._new_id())
        what = f"{call.method} {call.path}"
        self.last_call = f"request {request_id}, correlation {correlation_id}"
        request = self._request(call, token, request_id, correlation_id)
        try:
            response = self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as lost:
            log.info("%s -> no connection (request %s, correlation %s)", what, request_id, correlation_id)
            raise TryAgain(_unreachable(lost)) from lost
        except httpx.HTTPError as lost:
            log.info("%s -> %s (request %s, correlation %s)", what, type(lost).__name__, request_id, correlation_id)
            if not call.repeatable:
                raise _unknown(what, type(lost).__name__) from lost
            raise TryAgain(_unreachable(lost)) from lost
        _tell(what, response, request_id, correlation_id)
        self._raise_if_passing(call, what, response)
        return Reply(status=response.status_code, headers=_lower(response.headers), body=response.content, what=what)

    def _raise_if_passing(self, call: Call, what: str, response: httpx.Response) -> None:
        status, body = response.status_code, response.content
        hollow = 200 <= status < 300 and not _is_as_expected(call.expects, response)
        if status not in _TRIED_AGAIN and status < _GATEWAYS_OWN and not hollow:
            return
        if not call.repeatable and status != 429:
            raise _unknown(what, f"HTTP {status}")
        after = retry_after(response.headers.get("Retry-After"), self._manners.clock())
        raise TryAgain(hollow_success(status, body) if hollow else refusal(status, body), after)

    def _request(self, call: Call, token: str, request_id: str, correlation_id: str) -> httpx.Request:
        is_graph = call.service is Service.GRAPH
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            **({"client-request-id": correlation_id} if is_graph else _partner_center_headers(request_id)),
            "MS-CorrelationId": correlation_id,
            **call.headers,
        }
        if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
            raise unreadable(call.path, "a token or etag that fits into no header")
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        url = httpx.URL(self._base(call.service)).copy_with(path=call.path, query=None)
        return self._client.build_request(
            call.method, url, params=dict(call.query) or None, headers=headers, content=call.body
        )

    def _base(self, service: Service) -> str:
        base = self.cloud.graph_at if service is Service.GRAPH else self.cloud.partner_center_at
        if not base:
            raise MicrosoftRefused(
                "no_export",
                f"the cloud {self.cloud.name} has no billing export",
                "Import the files that Partner Center's portal offers",
            )
        return base


def segment(name: str) -> str:
    """An id as one step of a path. Raises MicrosoftRefused for what would lead elsewhere."""
    if not _ID.fullmatch(name) or set(name) == {"."}:
        raise MicrosoftRefused("bad_id", "an id has characters that no id has", "Check where the id came from")
    return name


def _partner_center_headers(request_id: str) -> dict[str, str]:
    return {
        "MS-Contract-Version": "v1",
        "MS-RequestId": request_id,
        "X-Locale": "en-US",
        "MS-PartnerCenter-Application": APPLICATION,
        "ValidateMfa": "true",
    }


def _tell(what: str, response: httpx.Response, request_id: str, correlation_id: str) -> None:
    theirs = {name: response.headers.get(name, "-") for name in ("MS-RequestId", "MS-CorrelationId", "request-id")}
    log.info(
        "%s -> %d (request %s, correlation %s; Microsoft's %s)",
        what,
        response.status_code,
        request_id,
        correlation_id,
        ", ".join(f"{name} {value[:64]}" for name, value in theirs.items() if value != "-") or "none",
    )
    if response.headers.get("isMfaCompliant", "true").lower() == "false":
        log.warning("%s: Microsoft says that the consent was given without MFA and will be refused", what)


def _unreachable(lost: httpx.HTTPError) -> MicrosoftRefused:
    return MicrosoftRefused(
        "unreachable", f"no answer came ({type(lost).__name__})", "Wait, or check the network and proxy", passes=True
    )


def _unknown(what: str, how: str) -> OutcomeUnknown:
    return OutcomeUnknown("outcome_unknown", f"{what} broke off ({how})", "Read what it is now before anything else")


def _is_as_expected(expects: Expects | None, response: httpx.Response) -> bool:
    if expects is Expects.LOCATION:
        return bool(response.headers.get("Location") or response.headers.get("Operation-Location"))
    return expects is None or response.content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{"


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
