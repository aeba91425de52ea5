"""How Microsoft answers: JSON behind a byte-order mark with its own headers, and refusals in the shape of each door."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from emulator.state import Json, World

JSON_TYPE = "application/json; charset=utf-8"


class Refusal(Exception):
    """A no of Partner Center or Graph, with the code it documents."""

    def __init__(self, status: int, code: int | str, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.status, self.code, self.description, self.retry_after = status, code, description, retry_after


def world_of(request: Request) -> World:
    """The world that this server shows."""
    world: World = request.app.state.world
    return world


async def _the_world(request: Request) -> World:
    return world_of(request)  # on the loop: what is not async, FastAPI hands to a thread


TheWorld = Annotated[World, Depends(_the_world)]


def fault_of(request: Request) -> str:
    """The fault that a handler has to play itself; empty: none."""
    return str(request.scope.get("emulator.fault", ""))


def had_effect(request: Request, what: str) -> None:
    """Note what this request changed."""
    request.scope["emulator.entry"].effect = what


async def body_of(request: Request) -> Json:
    """The JSON object that was sent. Raises Refusal."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise Refusal(400, 800002, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, 800002, "The request body is not a JSON object.")
    return body


def lowered(request: Request) -> dict[str, str]:
    """The query by names in lower case, as Partner Center takes them; `nvoicelineitemtype`, its own typo, too."""
    query = {name.lower(): value for name, value in request.query_params.items()}
    if "nvoicelineitemtype" in query:
        query.setdefault("invoicelineitemtype", query["nvoicelineitemtype"])
    return query


def rest(request: Request, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of Partner Center's."""
    with_bom = world_of(request).behaviour.bom and fault_of(request) != "no_bom"
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(
        (codecs.BOM_UTF8 if with_bom else b"") + content,
        status,
        {"Content-Type": JSON_TYPE, **rest_headers(request), **(headers or {})},
    )


def rest_headers(request: Request) -> dict[str, str]:
    """Ids as they were sent, or new ones."""
    number = world_of(request).next_number("answer")
    asks_for_mfa = request.headers.get("ValidateMfa", "").lower() == "true"
    mfa = {"isMfaCompliant": str(request.scope.get("emulator.mfa", False)).lower()} if asks_for_mfa else {}
    return {
        **mfa,
        "MS-RequestId": request.headers.get("MS-RequestId", f"00000000-0000-4000-8000-{number:012d}"),
        "MS-CorrelationId": request.headers.get("MS-CorrelationId", f"00000000-0000-4000-9000-{number:012d}"),
        "MS-CV": f"{number:016d}.0",
        "MS-ServerId": "030011719",
        "X-Locale": request.headers.get("X-Locale", "en-US"),
    }


def collection(items: Sequence[Any], uri: str, **more: Any) -> Json:
    """A page: `totalCount` is of this page."""
    links = {"self": link(uri)}
    links.update(more.pop("links", {}))
    return {"totalCount": len(items), "items": list(items), "links": links, **more,
            "attributes": {"objectType": "Collection"}}  # fmt: skip


def link(uri: str, **headers: str) -> Json:
    """As Partner Center links; an underscore in a header's name stands for its dash."""
    return {"uri": uri, "method": "GET", "headers": [{"key": key.replace("_", "-"), "value": value}
                                                     for key, value in headers.items()]}  # fmt: skip


def graph(request: Request, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of Graph's: no byte-order mark, unless that is the fault."""
    content = json.dumps(body).encode()
    if fault_of(request) == "bom":
        content = codecs.BOM_UTF8 + content
    return Response(content, status, {"Content-Type": "application/json", **graph_headers(request), **(headers or {})})


def graph_headers(request: Request) -> dict[str, str]:
    """The id as it was sent, and one of its own."""
    number = world_of(request).next_number("answer")
    own = f"00000000-0000-4000-8000-{number:012d}"
    return {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}


def refuse(request: Request, refusal: Refusal) -> Response:
    """A refusal in the shape of the door that was knocked at."""
    more = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    if request.url.path.startswith("/v1.0/"):
        return graph(request, graph_error(request, str(refusal.code), refusal.description), refusal.status, more)
    body: Json = {"code": refusal.code, "description": refusal.description, "data": [], "source": "PartnerFD"}
    return rest(request, body, refusal.status, more)


def graph_error(request: Request, code: str, message: str) -> Json:
    """The standard envelope."""
    ids = graph_headers(request)
    now = world_of(request).clock.now
    return {"error": {"code": code, "message": message, "innerError": {"date": f"{now:%Y-%m-%dT%H:%M:%S}", **ids}}}
