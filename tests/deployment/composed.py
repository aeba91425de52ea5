"""docker-compose.yaml and the Dockerfile's environment as values, with the variables of a made-up .env put in."""

from __future__ import annotations

import base64
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")
UNITS = {"s": 1, "m": 60, "h": 3600}
GRACE_SECONDS = 10  # what the engine waits for where the file says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of the file."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    volumes: tuple[str, ...]
    check: tuple[str, ...]
    check_seconds: int  # that one check may take
    patience_seconds: int  # after which the engine calls it unhealthy
    grace_seconds: int  # between SIGTERM and SIGKILL
    memory: int
    pids: int

    @property
    def is_ours(self) -> bool:
        return "CSP_HOME" in self.environment


def made_env() -> dict[str, str]:
    """The .env that .env.example asks for: secrets as it says, the rest as it stands."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    found = {
        name: value.strip('"') for name, value in (line.split("=", 1) for line in lines if re.match("[A-Z_]+=", line))
    }
    asked = dict.fromkeys(re.findall(r"\$\{(\w+):\?", _text("docker-compose.yaml")), "")
    made = {name: secrets.token_urlsafe(64) for name in asked}
    made["AIRFLOW_FERNET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return found | made | {"CSP_ADMIN_USER": "admin", "CSP_ADMIN_EMAIL": "admin@partner.example"}


def services(env: Mapping[str, str]) -> dict[str, Service]:
    """Those that are started without a profile."""
    wanted = yaml.safe_load(_text("docker-compose.yaml"))["services"]
    return {name: _service(name, _filled(each, env)) for name, each in wanted.items() if "profiles" not in each}


def image_environment() -> dict[str, str]:
    """What our image sets, with the programs of this environment in the place of its own."""
    pairs = re.findall(r"(?:^ENV|^ {4}) ?(\w+)=(\S+)", _text("Dockerfile").split("\nFROM ")[-1], re.M)
    path = f"{Path(sys.prefix).resolve() / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return dict(pairs) | {"PATH": path, "HOME": "/opt/airflow", "LANG": "C.UTF-8"}


def _service(name: str, told: Mapping[str, Any]) -> Service:
    check, limits = told["healthcheck"], told["deploy"]["resources"]["limits"]
    kind, *words = check.get("test", ["CMD", "true"])
    patience = _seconds(check.get("start_period", "0s")) + _seconds(check.get("interval", "0s")) * check.get(
        "retries", 1
    )
    return Service(
        name=name,
        command=tuple(told.get("command", ())),
        environment={key: str(value) for key, value in told["environment"].items()},
        volumes=tuple(told.get("volumes", ())),
        check=("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words),
        check_seconds=_seconds(check.get("timeout", "30s")),
        patience_seconds=patience,
        grace_seconds=_seconds(told.get("stop_grace_period", f"{GRACE_SECONDS}s")),
        memory=int(limits["memory"][:-1]) << {"m": 20, "g": 30}[limits["memory"][-1]],
        pids=limits["pids"],
    )


def _filled(value: Any, env: Mapping[str, str]) -> Any:
    """The value with every ${NAME}, ${NAME:-default} and ${NAME:?message} filled in, and $$ as $."""
    if isinstance(value, dict):
        return {key: _filled(each, env) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, env) for each in value]
    return VARIABLE.sub(lambda found: _one(found, env), value) if isinstance(value, str) else value


def _one(found: re.Match[str], env: Mapping[str, str]) -> str:
    name, kind, rest = found.groups()
    if name is None:
        return "$"
    if kind == "?" and not env.get(name):
        raise KeyError(f"{name}: {rest}")
    return env.get(name) or (rest if kind == "-" else "")


def _seconds(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
