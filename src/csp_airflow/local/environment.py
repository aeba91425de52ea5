"""How the local Airflow is set up: ports, secrets made once, and the environment of its processes."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from csp_airflow.roles import APPROVER
from csp_receivables.microsoft_settings import ACTOR, READER, SCHEME
from csp_receivables.settings import BadSetting, Settings, sqlite_url

LOOPBACK = "127.0.0.1"
PORT = "CSP_AIRFLOW_PORT"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
PORTS_APART = 685  # the emulator's from Airflow's: 8765 beside 8080
PARALLEL_TASKS = 4  # each idle worker is a forked process; the default of 32 would be 32 of them
SQLITE_BUSY_SECONDS = 60  # five, the default, made REST writes answer 500 while a run with parallel tasks started
DEMO_TENANT = "0e195b37-4574-4539-bc42-0e539b9684c0"  # of the made-up partner
# A file that changed is read at the next refresh. Reading all of them every 30 s, the default, took a third of a core.
SECONDS_BETWEEN_READINGS = 3600
USERS = {"admin": "admin", "viewer": "viewer"}  # name: role of Airflow's SimpleAuthManager
AUTH = "CSP_AIRFLOW_AUTH"  # "fab": users and roles as in production; else Airflow's simple ones
FAB_USERS = {
    "admin": ("Admin",),
    "viewer": ("Viewer",),
    "approver": ("Viewer", APPROVER),
    "second": ("Viewer", APPROVER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the local Airflow lies and listens."""

    settings: Settings
    root: Path  # the checkout: dags/ and plugins/ lie in it
    port: int
    has_roles: bool = False  # Flask-AppBuilder's users and roles, as in production

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Place:
        """Read CSP_AIRFLOW_PORT beside what `Settings` reads; the checkout is the folder that the command runs in."""
        text = environment.get(PORT) or "8080"
        if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
            raise BadSetting(f"{PORT}={text!r} is no port; use a number from 1 to 65535")
        auth = environment.get(AUTH) or ""
        if auth not in ("", "fab"):
            raise BadSetting(f"{AUTH}={auth!r} is not known; use fab for users and roles as in production, or unset it")
        root = Path(environment.get("CSP_ROOT") or ".").resolve()
        if not (root / "dags").is_dir():
            raise BadSetting(f"{root} has no dags/; run this in the checkout, or name it with CSP_ROOT")
        settings = Settings.from_environment(environment)
        if set("%$") & set(str(settings.home)):  # its configuration reads them, and logs would lie wherever we run
            raise BadSetting(f"CSP_HOME={str(settings.home)!r}: Airflow can't live in a folder with % or $ in its name")
        return cls(settings=settings, root=root, port=int(text), has_roles=auth == "fab")

    @property
    def home(self) -> Path:
        return self.settings.home / "airflow"

    @property
    def logs(self) -> Path:
        return self.home / "process_logs"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def is_demo(self) -> bool:
        """Is the ledger a demonstration? Then the emulator stands in for Microsoft."""
        from csp_receivables.wiring import mark_of

        return self.settings.home.is_dir() and mark_of(self.settings) == "demo"

    @property
    def emulator_port(self) -> int:
        return self.port + PORTS_APART if self.port + PORTS_APART < 65536 else self.port - PORTS_APART

    @property
    def emulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.emulator_port}"

    @property
    def passwords_file(self) -> Path:
        return self.home / ("passwords_of_roles.json" if self.has_roles else "passwords.json")


def port_is_free(port: int) -> bool:
    """Could a server listen on this port of the loopback interface now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def airflow_environment(place: Place, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of every Airflow process here: what the shell has, ours on top."""
    keys = _secrets(place)
    kept = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW__")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every Airflow command takes twice as long
    # Airflow's commands are found by their name: our own interpreter's folder comes first.
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    return kept | {"PATH": path} | _past_the_proxy(environment) | _product(place) | _airflow(place) | keys


def _past_the_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Tasks speak to Airflow's server on this machine, which the proxy of a company does not reach."""
    kept = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    told = kept if kept == "*" else ",".join(filter(None, (kept, LOOPBACK)))
    return {"no_proxy": told, "NO_PROXY": told}


def _product(place: Place) -> dict[str, str]:
    """Our own settings, with absolute paths: Airflow's processes may run in any folder."""
    settings = place.settings
    told = {
        "CSP_HOME": str(settings.home),
        "CSP_INCLUDE": str(settings.include),
        "CSP_TIME_ZONE": str(settings.time_zone),
    }
    return told | (dict.fromkeys((READER, ACTOR), identity_at(place.emulator_url)) if place.is_demo else {})


def identity_at(emulator: str) -> str:
    """Who reads and acts at the emulator: it lets in everybody."""
    return f"{SCHEME}://demo:demo@{DEMO_TENANT}?base={emulator}"


def _airflow(place: Place) -> dict[str, str]:
    return {
        "SPT_NOENV": "1",  # else a process's title overwrites what tells whose it is: its CSP_HOME
        "AIRFLOW_HOME": str(place.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(place.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(place.root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLEL_TASKS),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.url}/execution/",
        **({"AIRFLOW__CORE__AUTH_MANAGER": FAB} if place.has_roles else {}),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(place.passwords_file),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"{sqlite_url(place.home / 'airflow.db')}?timeout={SQLITE_BUSY_SECONDS}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(SECONDS_BETWEEN_READINGS),
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(place.port),
        "AIRFLOW__API__BASE_URL": place.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
    }


def passwords(place: Place) -> dict[str, str]:
    """User name to password; made once, in a file that only its owner reads."""
    names = FAB_USERS if place.has_roles else USERS
    return _made_once(place.passwords_file, lambda: {name: secrets.token_urlsafe(12) for name in names})


def fab_users(place: Place) -> str:
    """The users of this machine as `csp airflow roles` takes them."""
    made = passwords(place)
    return json.dumps({name: {"password": made[name], "roles": roles} for name, roles in FAB_USERS.items()})


def _secrets(place: Place) -> dict[str, str]:
    passwords(place)
    return _made_once(
        place.home / "secrets.json",
        lambda: {
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),  # 86 bytes; below 64 Airflow warns
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        },
    )


def _made_once(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(make(), file)
        beside.rename(path)
    path.chmod(0o600)
    found: dict[str, str] = json.loads(path.read_text())
    return found
