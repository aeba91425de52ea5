"""Who we are at Microsoft and which of its clouds we speak to, as frozen settings.

The command line reads an identity from an address (CSP_PARTNER_CENTER_READER, CSP_PARTNER_CENTER_ACTOR); `csp_airflow`
makes it from Airflow's connections. A secret is in neither a message nor a representation of them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from csp_receivables.settings import BadSetting

READER, ACTOR = "CSP_PARTNER_CENTER_READER", "CSP_PARTNER_CENTER_ACTOR"
SCHEME = "partner-center"
_USUAL = f"write {SCHEME}://client-id:secret@tenant-id?cloud=global"
_ASKED = ("cloud", "certificate", "thumbprint", "user", "base")
_NO_TENANTS = {
    "common",
    "organizations",
    "consumers",
}  # "any tenant": no app signs in there alone
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{2,252}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One of Microsoft's clouds (microsoft.md 1.1, 3, 5). Addresses without a slash at the end.

    `base`: the emulator's address, which then stands in for the other three; "" speaks to Microsoft.
    """

    name: str
    authority: str  # where tokens come from
    partner_center: str
    graph: str  # "" where Graph's billing export does not exist
    base: str = ""

    @property
    def partner_center_at(self) -> str:
        """Where Partner Center is really asked."""
        return self.base or self.partner_center

    @property
    def graph_at(self) -> str:
        """Where Graph is really asked; "" where there is no export."""
        return self.base or self.graph if self.graph else ""

    @property
    def authority_at(self) -> str:
        """Where tokens are really asked for."""
        return self.base or self.authority

    @property
    def is_emulator(self) -> bool:
        """Whether this is no cloud at all but our stand-in."""
        return bool(self.base)


CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="global",
            authority="https://login.microsoftonline.com",
            partner_center="https://api.partnercenter.microsoft.com",
            graph="https://graph.microsoft.com",
        ),
        Cloud(
            name="us_gov",  # the same Partner Center; its billing export is in the global cloud only
            authority="https://login.microsoftonline.us",
            partner_center="https://api.partnercenter.microsoft.com",
            graph="",
        ),
        Cloud(
            name="china",
            authority="https://login.partner.microsoftonline.cn",
            partner_center="https://partner.partnercenterapi.microsoftonline.cn",
            graph="",
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What proves the app instead of a secret. `pem`: private key, and the certificate where there is no thumbprint."""

    pem: str = field(repr=False)
    thumbprint: str = ""  # SHA-1 in hex, as the app registration shows it; "": taken from the certificate in `pem`


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One app registration. `with_user`: a person consented and a rolling refresh token speaks for the two together."""

    name: str  # "partner_center_reader", "partner_center_actor": for messages
    tenant_id: str
    client_id: str
    cloud: Cloud
    secret: str = field(default="", repr=False)
    certificate: Certificate | None = None
    with_user: bool = False


def identity_of_environment(name: str, environment: Mapping[str, str]) -> Identity | None:
    """Read CSP_PARTNER_CENTER_READER or …_ACTOR (`name`); None when it is not set. Raises BadSetting.

    `partner-center://client-id:secret@tenant-id?cloud=global`, or without a secret
    `…?certificate=/path/app.pem&thumbprint=A1B2…`; `user=yes` for app and user; `base=http://127.0.0.1:8480` for the
    emulator. Characters such as `/`, `@` and `+` in a secret are written as %2F, %40 and %2B.
    """
    url = environment.get(name) or ""
    if not url:
        return None
    parts, asked = _split(name, url)
    return checked_identity(
        name=name,
        tenant_id=parts.netloc.rpartition("@")[2],
        client_id=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        pem=_pem(name, asked["certificate"]) if asked.get("certificate") else "",
        thumbprint=asked.get("thumbprint", ""),
        with_user=_is_yes(name, asked.get("user", "no")),
        cloud=asked.get("cloud", "global"),
        base=asked.get("base", ""),
    )


def checked_identity(
    *,
    name: str,
    tenant_id: str,
    client_id: str,
    secret: str,
    pem: str,
    thumbprint: str,
    with_user: bool,
    cloud: str,
    base: str,
) -> Identity:
    """The identity, unless something is missing or contradicts itself. `name`: what people know it by. BadSetting."""
    if not _TENANT.fullmatch(tenant_id) or tenant_id.lower() in _NO_TENANTS:
        raise BadSetting(f"{name} names no tenant ({tenant_id!r}): give the partner's tenant id or domain; {_USUAL}")
    if not client_id:
        raise BadSetting(f"{name} lacks the client id of the app registration; {_USUAL}")
    if bool(secret) == bool(pem):
        raise BadSetting(f"{name} must have either a secret or a certificate; {'remove one' if pem else 'add one'}")
    print_ = thumbprint.replace(":", "").replace(" ", "").upper()
    if pem and "PRIVATE KEY-----" not in pem:
        raise BadSetting(f"{name}: its certificate holds no private key; export it as PEM with the key")
    if pem and not print_ and "BEGIN CERTIFICATE-----" not in pem:
        raise BadSetting(f"{name}: its PEM holds only a key; add the certificate to it, or give the thumbprint")
    if print_ and not re.fullmatch(r"[0-9A-F]{40}", print_):
        raise BadSetting(f"{name}: the thumbprint is no SHA-1 in 40 hex digits; copy it from the app registration")
    return Identity(
        name=name,
        tenant_id=tenant_id,
        client_id=client_id,
        cloud=cloud_named(name, cloud, base),
        secret=secret,
        certificate=Certificate(pem=pem, thumbprint=print_) if pem else None,
        with_user=with_user,
    )


def cloud_named(name: str, cloud: str, base: str = "") -> Cloud:
    """The cloud, spoken to at `base` where one is given: plain HTTP only on this machine. Raises BadSetting."""
    if cloud not in CLOUDS:
        raise BadSetting(f"{name} names the cloud {cloud!r}; there are {', '.join(CLOUDS)}")
    if not base:
        return CLOUDS[cloud]
    if not is_safe_address(base, may_be_here=True) or urlsplit(base).query or urlsplit(base).path.strip("/"):
        raise BadSetting(f"{name}: base={base!r} must be https://host, or http:// on this machine: secrets go there")
    return replace(CLOUDS[cloud], base=base.rstrip("/"))


def is_safe_address(address: str, *, may_be_here: bool) -> bool:
    """Whether a secret may go there: by TLS, or (`may_be_here`) in the clear to this machine itself."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or port == 0:
        return False
    return parts.scheme == "https" or (may_be_here and parts.scheme == "http" and is_here(host))


def is_here(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(name: str, url: str) -> tuple[SplitResult, dict[str, str]]:
    try:
        parts = urlsplit(url)
        known = parts.scheme == SCHEME and bool(parts.hostname) and not parts.port and parts.path in ("", "/")
    except ValueError:
        known = False
    if not known:
        raise BadSetting(f"{name} is no identity at Microsoft; {_USUAL}")
    asked = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if unknown := sorted(set(asked) - set(_ASKED)):
        raise BadSetting(f"{name} asks for {unknown[0]!r}, which is not known; there are {', '.join(_ASKED)}")
    return parts, asked


def _pem(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as broken:
        why = "is no PEM text" if isinstance(broken, UnicodeDecodeError) else f"can't be read ({broken.strerror})"
        raise BadSetting(f"{name}: its certificate {path} {why}; name a PEM file with key and certificate") from None


def _is_yes(name: str, text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise BadSetting(f"{name}: user={text!r} is neither yes (app and user) nor no (app only)")
    return text.lower() == "yes"
