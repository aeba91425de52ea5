"""Faults: the same for the same seed, no more in a row than told, and each one what its name says."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from emulator.faults import KINDS, ORDINARY, FaultBox, Faults, Wanted
from tests.emulator.serving import Client

INVOICE = "G112804417"


def _struck(seed: int, requests: int = 400, in_a_row: int = 2) -> list[str]:
    box = FaultBox(random=Faults(seed=seed, in_a_row=in_a_row))
    return [box.strike(number, "graph", "GET", f"/v1.0/operations/{number % 3}") for number in range(requests)]


def test_a_seed_always_strikes_alike_and_another_otherwise() -> None:
    assert _struck(1) == _struck(1)
    assert _struck(1) != _struck(2)


def test_only_kinds_of_the_place_strike_and_each_of_them_does() -> None:
    here = {kind for kind, places in KINDS.items() if "graph" in places and kind in ORDINARY}

    assert here == set(filter(None, _struck(3, 3000)))


@pytest.mark.parametrize("in_a_row", [0, 1, 3])
def test_no_call_is_struck_more_often_in_a_row_than_told(in_a_row: int) -> None:
    rates = {"throttled": 0.5, "error_503": 0.5}
    box = FaultBox(random=Faults(seed=1, rates=rates, in_a_row=in_a_row))
    struck = "".join("x" if box.strike(number, "graph", "GET", "/a") else "." for number in range(40))

    assert in_a_row == max(map(len, struck.split(".")))


def test_what_starts_everything_again_strikes_only_so_often_in_all() -> None:
    box = FaultBox(random=Faults(seed=1, rates={"gone": 1.0}, in_a_row=99, at_most={"gone": 3}))
    for number in range(20):
        box.strike(number, "graph", "GET", f"/v1.0/operations/{number}")

    assert Counter(gone=3) == box.struck


def test_a_wanted_fault_waits_for_its_request_and_lets_some_pass() -> None:
    box = FaultBox()
    box.want(Wanted(kind="gone", method="GET", path="/operations/", times=2, after=1))
    asked = [("POST", "/operations/1"), ("GET", "/operations/1"), ("GET", "/x"), *[("GET", "/operations/1")] * 3]

    assert ["", "", "", "gone", "gone", ""] == [box.strike(n, "graph", *each) for n, each in enumerate(asked)]


def test_unknown_kinds_and_rates_beyond_one_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of fault: boredom"):
        Wanted(kind="boredom")
    with pytest.raises(ValueError, match="unknown kinds of fault: boredom"):
        Faults(seed=1, rates={"boredom": 0.1})
    with pytest.raises(ValueError, match="add up to"):
        Faults(seed=1, rates={"gone": 1.1})


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [("error_500", 500, "\ufeff{"), ("error_502", 502, "\ufeff{"), ("error_503", 503, "\ufeff{"),
     ("error_504", 504, "\ufeff{"), ("html_200", 200, "<html>"), ("html_502", 502, "<html>"), ("empty_body", 200, ""),
     ("no_bom", 200, "{"), ("slow_body", 200, "\ufeff{"), ("token_expired", 401, "\ufeff{"),
     ("mfa_missing", 401, "\ufeff{")],
)  # fmt: skip
def test_what_partner_center_answers_then(client: Client, kind: str, status: int, start: str) -> None:
    client.world.faults.want(Wanted(kind=kind, path="^/v1/"))
    answer = client.get("/v1/invoices")

    assert status == answer.status_code
    assert answer.content.decode().startswith(start)
    assert start or not answer.content
    assert 200 == client.get("/v1/invoices").status_code


def test_a_manifest_can_name_a_blob_twice_change_its_etag_or_be_gone(client: Client) -> None:
    where = client.exported(INVOICE)["resourceLocation@odata.navigationLink"]
    before = client.http.get(where, headers=client.graph).json()
    answers = []
    for kind in ("duplicated_blob", "etag_changed", "gone"):
        client.world.faults.want(Wanted(kind=kind, path="/manifests/"))
        answers.append(client.http.get(where, headers=client.graph))
    twice, changed, gone = answers

    assert [before["blobs"][0]] * 2 == twice.json()["blobs"]
    assert before["eTag"] != changed.json()["eTag"]
    assert gzip.decompress(client.blob(before).content) == gzip.decompress(client.blob(changed.json()).content)
    assert (410, "Gone") == (gone.status_code, gone.json()["error"]["code"])


def test_a_blob_can_end_within_its_gzip_or_refuse_its_signature(client: Client) -> None:
    manifest = client.manifest(INVOICE)
    for kind in ("gzip_cut", "sas_expired"):
        client.world.faults.want(Wanted(kind=kind, path="^/blobs/"))

    with pytest.raises(EOFError):
        gzip.decompress(client.blob(manifest).content)
    assert 403 == client.blob(manifest).status_code


def test_data_that_is_generated_again_has_another_etag_and_the_old_manifest_keeps_the_old(client: Client) -> None:
    before = client.manifest(INVOICE)
    old = client.blob(before).content
    client.http.post(f"/_emulator/invoices/{INVOICE}/regenerate?moved=-1.50")
    after = client.manifest(INVOICE)
    first = httpx.Response(200, content=gzip.decompress(client.blob(after).content).splitlines()[0]).json()

    assert before["eTag"] != after["eTag"]
    assert old == client.blob(before).content
    assert 128.10 == first["Total"]  # 129.60 before


def test_faults_and_clock_are_set_over_http(client: Client) -> None:
    client.get("/v1/invoices")
    client.http.put("/_emulator/faults", json={"seed": 7, "rates": {"throttled": 1.0}, "in_a_row": 1})
    assert [429, 200] == [client.get("/v1/invoices").status_code for _ in range(2)]
    client.http.delete("/_emulator/faults")
    client.http.put("/_emulator/clock", json={"now": "2027-01-01T00:00:00Z"})

    assert {"now": "2027-01-01T00:01:00Z"} == client.http.post("/_emulator/clock/advance", json={"seconds": 60}).json()
    assert 400 == client.http.post("/_emulator/faults", json={"kind": "boredom"}).status_code
    assert 400 == client.http.patch("/_emulator/behaviour", json={"mood": "bad"}).status_code


@pytest.mark.parametrize("seed", range(12))
def test_a_client_that_tries_five_times_and_starts_again_gets_the_same_lines_under_every_seed(
    client: Client, seed: int
) -> None:
    expected = gzip.decompress(client.blob(client.manifest(INVOICE)).content)
    world = client.world
    world.behaviour = replace(world.behaviour, slow_pauses=(0.0,), polls_until_done=0)
    world.faults.random = Faults(seed=seed, rates=dict.fromkeys(ORDINARY, 0.045))

    def patient(send: Callable[[], httpx.Response], good: Callable[[httpx.Response], bool]) -> httpx.Response | None:
        for _ in range(5):
            with suppress(httpx.TransportError, ValueError, EOFError, KeyError):
                answer = send()
                if answer.status_code == 401:
                    client.sign_in()
                if good(answer):
                    return answer
        return None

    def once() -> bytes | None:
        asked = patient(lambda: client.ask(INVOICE), lambda answer: bool(answer.headers["Location"]))
        look = asked and patient(
            lambda: client.http.get(asked.headers["Location"], headers=client.graph),
            lambda answer: answer.json()["status"] == "succeeded",
        )
        where = look and look.json()["resourceLocation@odata.navigationLink"]
        found = where and patient(
            lambda: client.http.get(where, headers=client.graph), lambda answer: bool(answer.json()["blobs"])
        )
        blob = found and patient(
            lambda: client.blob(found.json()),
            lambda answer: answer.status_code == 200 and bool(gzip.decompress(answer.content)),
        )
        return gzip.decompress(blob.content) if blob else None

    assert expected in (once() for _ in range(3))
    assert sum(world.faults.struck.values()) > 0
