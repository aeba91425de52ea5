"""Who we are at Microsoft, as the command line is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.microsoft_settings import (
    CLOUDS,
    READER,
    cloud_named,
    identity_of_environment,
    is_here,
    is_safe_address,
)
from csp_receivables.settings import BadSetting

KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n"
THUMBPRINT = "A1" * 20


def told(address: str) -> dict[str, str]:
    return {READER: address}


def test_an_address_with_a_secret() -> None:
    identity = identity_of_environment(READER, told("partner-center://app-1:s%2Fe%40c+r%3At@Partner.example?user=yes"))

    assert identity is not None
    assert (identity.client_id, identity.secret, identity.tenant_id) == ("app-1", "s/e@c+r:t", "Partner.example")
    assert (identity.with_user, identity.cloud, identity.certificate) == (True, CLOUDS["global"], None)
    assert "s/e@" not in repr(identity)


def test_an_address_with_a_certificate(tmp_path: Path) -> None:
    for name, text, thumbprint in (
        ("both", KEY + CERTIFICATE, ""),
        ("key", KEY, f"&thumbprint={':'.join(['a1'] * 20)}"),
    ):
        pem = tmp_path / name
        pem.write_text(text)

        identity = identity_of_environment(
            READER, told(f"partner-center://app@t.example?certificate={pem}{thumbprint}")
        )

        assert identity is not None
        assert identity.certificate is not None
        assert identity.certificate.pem == text
        assert identity.certificate.thumbprint == (THUMBPRINT if thumbprint else "")
        assert "AAAA" not in repr(identity)


def test_nothing_set_is_nobody() -> None:
    assert identity_of_environment(READER, {}) is None
    assert identity_of_environment(READER, {READER: ""}) is None


FAULTY = [
    ("https://app:s3cret@t.example", "no identity"),
    ("partner-center://", "no identity"),
    ("partner-center://app:s3cret@[t", "no identity"),
    ("partner-center://app:s3cret@t.example:443", "no identity"),
    ("partner-center://app:s3cret@t.example/path", "no identity"),
    ("partner-center://app:s3cret@common", "names no tenant"),
    ("partner-center://:s3cret@t.example", "lacks the client id"),
    ("partner-center://app@t.example", "add one"),
    ("partner-center://app:s3cret@t.example?certificate={key}", "remove one"),
    ("partner-center://app@t.example?certificate={key}", "thumbprint"),
    ("partner-center://app@t.example?certificate={key}&thumbprint=zz", "40 hex digits"),
    ("partner-center://app@t.example?certificate={only}", "no private key"),
    ("partner-center://app@t.example?certificate=/nowhere.pem", "can't be read"),
    ("partner-center://app@t.example?certificate={binary}", "no PEM text"),
    ("partner-center://app:s3cret@t.example?cloud=mars", "'mars'"),
    ("partner-center://app:s3cret@t.example?user=maybe", "neither yes"),
    ("partner-center://app:s3cret@t.example?colour=red", "'colour'"),
    ("partner-center://app:s3cret@t.example?base=http://10.0.0.1", "https"),
    ("partner-center://app:s3cret@t.example?base=ftp://127.0.0.1", "https"),
    ("partner-center://app:s3cret@t.example?base=http://127.0.0.1/below", "https"),
]


@pytest.mark.parametrize(("address", "said"), FAULTY)
def test_a_fault_is_told_with_its_remedy_and_without_the_secret(tmp_path: Path, address: str, said: str) -> None:
    for name, content in (("key", KEY.encode()), ("only", CERTIFICATE.encode()), ("binary", b"\xff\xfe\0")):
        (tmp_path / name).write_bytes(content)
    paths = {name: str(tmp_path / name) for name in ("key", "only", "binary")}

    with pytest.raises(BadSetting, match=said) as refused:
        identity_of_environment(READER, told(address.format(**paths)))

    assert READER in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_emulator_stands_in_for_all_three_addresses() -> None:
    cloud = cloud_named("x", "global", "http://localhost:8480/")

    assert cloud.is_emulator
    assert {cloud.partner_center_at, cloud.graph_at, cloud.authority_at} == {"http://localhost:8480"}
    assert not CLOUDS["global"].is_emulator
    assert CLOUDS["global"].graph_at == "https://graph.microsoft.com"
    assert cloud_named("x", "china", "http://localhost:1").graph_at == ""
    assert CLOUDS["us_gov"].partner_center_at == CLOUDS["global"].partner_center_at


@pytest.mark.parametrize(
    ("address", "here", "safe"),
    [
        ("https://a.example", False, True),
        ("https://a.example:8443/x", False, True),
        ("http://127.0.0.1:1", True, True),
        ("http://[::1]:1", True, True),
        ("http://127.0.0.1:1", False, False),
        ("http://127.0.0.1.evil.example", True, False),
        ("http://localhost.evil.example", True, False),
        ("https://user@a.example", True, False),
        ("https://", True, False),
        ("//a.example", True, False),
        ("https://a.example:99999", True, False),
        ("file:///etc", True, False),
    ],
)
def test_a_secret_goes_by_tls_or_stays_here(address: str, *, here: bool, safe: bool) -> None:
    assert is_safe_address(address, may_be_here=here) == safe


def test_which_host_is_this_machine() -> None:
    assert [is_here(host) for host in ("127.9.9.9", "::1", "localhost", "10.0.0.1", "example", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
