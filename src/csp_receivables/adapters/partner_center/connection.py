"""The pool of connections everything goes out by, and what its libraries may log."""

from __future__ import annotations

import logging
import ssl
from functools import cache

import httpx

from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.microsoft_settings import Cloud

CONNECTIONS_MAX = 4  # Microsoft asks for few at once (microsoft.md 6)
CONNECT_SECONDS = 10
WRITE_SECONDS = 60
POOL_SECONDS = 600  # for a free connection


def connect(cloud: Cloud, manners: Manners) -> httpx.Client:
    """A client that follows no redirect. A proxy of the environment counts, except on the way to the emulator."""
    _log_no_queries()
    return httpx.Client(
        verify=_authorities(),
        timeout=httpx.Timeout(
            connect=CONNECT_SECONDS, read=manners.read_seconds, write=WRITE_SECONDS, pool=POOL_SECONDS
        ),
        limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX),
        follow_redirects=False,
        trust_env=not cloud.is_emulator,
    )


@cache
def _authorities() -> ssl.SSLContext:
    """The usual authorities, read once: reading them takes longer than a call."""
    return httpx.create_ssl_context()


class _Quiet(logging.Filter):
    """Keeps what httpx tells of each request out of every log: whole addresses, and a blob's query is what opens it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_QUIET = _Quiet()
_TALKATIVE = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.proxy",
    "msal.token_cache",
    "msal.oauth2cli.oauth2",
)


def _log_no_queries() -> None:
    """What passes is logged by `session` and `blobs`, with ids and without secrets."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_QUIET)  # the same one again is not added twice
