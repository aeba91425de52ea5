"""`make deployment`: the compose file's processes without a container engine, and one day through the Celery worker.

Nothing is translated: in namespaces of their own (network, mounts, processes, host names) the commands, addresses,
ports, folders and health checks of docker-compose.yaml hold as they stand, and all ends with the first process of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from rich.console import Console

from csp_airflow.local.api import ENDED, AirflowApi
from csp_airflow.local.day import DAY, FETCH, run_dag
from csp_airflow.local.environment import DEMO_TENANT
from tests.deployment.composed import ROOT, made_env, services
from tests.deployment.containers import CSP, NAMESPACE, OTHERS, POLL_SECONDS, Broken, Container, set_up

COPIED = ("pyproject.toml", "requirements.in", "README.md", "LICENSE", "src")
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
READER = "partner_center_reader"
# What reads from the emulator must be a demonstration.
MARK_AS_DEMO = """
from csp_receivables.settings import Settings
from csp_receivables.wiring import make_home, open_ledger
settings = Settings.from_environment()
make_home(settings)
open_ledger(settings, "demo")
"""
console = Console()


def main() -> None:
    """Build what the image would hold; then be the first process of the namespace."""
    if len(sys.argv) > 1:
        _inside(Path(sys.argv[1]))
        return
    missing = [name for name in ("redis-server", "unshare", "setpriv", "ip") if not shutil.which(name)]
    if missing or os.geteuid():
        sys.exit(f"THE DEPLOYMENT WAS NOT TRIED: needs root and {', '.join(missing) or 'nothing else'}")
    place = Path(tempfile.mkdtemp(prefix="csp-deployment-"))
    place.chmod(0o755)
    _build(place)
    os.execvp(NAMESPACE[0], [*NAMESPACE, sys.executable, "-m", "tests.deployment", str(place)])


def _build(place: Path) -> None:
    """The wheel as the Dockerfile builds it, from what it copies and nothing else."""
    context = place / "build"
    context.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, context / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, context)
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", place, context], check=True)
    subprocess.run([*pip, "install", "--no-deps", "--target", place / "site", *place.glob("*.whl")], check=True)


def _inside(place: Path) -> None:
    began = time.monotonic()
    try:
        _story(place)
    except BaseException:
        print(f"what they wrote is in {place}/output", file=sys.stderr)
        raise
    for folder in ("/opt", "/var/lib"):  # what something is mounted on can't be removed
        subprocess.run(["umount", "--recursive", "--lazy", folder], check=True)
    shutil.rmtree(place)
    print(f"deployed and stopped in {time.monotonic() - began:.0f} s")


def _story(place: Path) -> None:
    env = made_env()
    told = services(env)
    set_up(place, told.values())
    for name in ("output", "run"):
        (place / name).mkdir()
    os.chown(place / "run", OTHERS, OTHERS)
    all_of = {name: Container(service=service, place=place) for name, service in told.items()}
    _start_stores(all_of["postgres"], all_of["redis"])
    _initialise(all_of["init"])
    for name in AIRFLOW:
        all_of[name].start()
    for name in AIRFLOW:
        all_of[name].wait_until_healthy()
    _must_run_the_wheel(all_of["worker"], place)
    api = AirflowApi("http://127.0.0.1:8080")
    api.sign_in(env["CSP_ADMIN_USER"], env["CSP_ADMIN_PASSWORD"])
    print("signed in as the admin of .env")
    _park(api, all_of)
    _live_a_day(api, all_of)
    _shut_down_warmly(api, all_of)
    for name in reversed(all_of):
        if name != "init":
            all_of[name].must_live()
            all_of[name].terminate()
    _must_have_kept_the_limits(all_of)


def _start_stores(postgres: Container, redis: Container) -> None:
    """PostgreSQL as its image starts it: an empty volume is filled by a server that only its own container reaches."""
    data, run = postgres.place / "data", postgres.place / "run"
    data.mkdir()
    os.chown(data, OTHERS, OTHERS)
    (run / "password").write_text(postgres.service.environment["POSTGRES_PASSWORD"])
    how = ("--username", "airflow", "--pwfile", str(run / "password"), "--auth-host", "scram-sha-256")
    _must(postgres, "initdb", *how, "-D", str(data))
    server = ("postgres", "-D", str(data), "-c", f"unix_socket_directories={run}", "-c")
    postgres.start(*server, "listen_addresses=")
    while postgres.execute("psql", "--username", "airflow", "--dbname", "postgres", "-c", "SELECT 1").returncode:
        time.sleep(0.1)
    if postgres.is_healthy():
        raise Broken("postgres is called healthy while it makes its databases: init would start, and fail")
    _must(postgres, "createdb", "--username", "airflow", "airflow")
    for script in sorted((ROOT / "deploy" / "postgres").iterdir()):
        _must(postgres, str(script))
    postgres.terminate()
    postgres.start(*server, "listen_addresses=*")
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")  # as its image does
    redis.start()
    postgres.wait_until_healthy()
    redis.wait_until_healthy()


def _must(container: Container, *command: str) -> str:
    done = container.execute(*command)
    if done.returncode:
        raise Broken(f"{container.service.name}: {command[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _initialise(init: Container) -> None:
    """Twice: `docker compose up` runs it each time."""
    for _ in range(2):
        began = time.monotonic()
        init.start()
        assert init.process is not None
        while init.process.poll() is None:
            init.must_live()
            time.sleep(0.5)
        if init.process.returncode:
            raise Broken(f"init ended with {init.process.returncode}\n{init.tail(60)}")
        print(f"  {init.service.name:<14} done after {time.monotonic() - began:.1f} s", flush=True)


def _must_run_the_wheel(worker: Container, place: Path) -> None:
    found = _must(worker, "python", "-c", "import csp_receivables, csp_airflow; print(csp_airflow.__file__)")
    if not found.startswith(str(place / "site")):
        raise Broken(f"the package comes from {found}, not from the wheel")
    _must(worker, "csp", "--help")


def _park(api: AirflowApi, all_of: dict[str, Container]) -> None:
    """Tasks that ask Microsoft, played by the emulator, for an export leave the worker, and wait in the triggerer."""
    _must(all_of["worker"], "python", "-c", MARK_AS_DEMO)
    what = ("--from", ROOT / "include" / "sample" / "inbox" / "microsoft", "--poll-seconds", "1")
    when = ("--clock", datetime.now(UTC).isoformat())
    csp = Path(sys.prefix) / "bin" / "csp"
    emulator = subprocess.Popen([csp, "emulator", *what, *when], stdout=subprocess.DEVNULL)
    extra = {"tenant_id": DEMO_TENANT, "base": "http://127.0.0.1:8765"}
    api.put_connection(READER, conn_type="partner_center", login="reader", password="secret", extra=extra)
    run_dag(api, FETCH, {}, console, lambda: _must_live(all_of, emulator))
    parked = list(Path("/opt/airflow/logs").rglob("*.trigger.*.log"))
    if not parked:
        raise Broken(f"no task waited in the triggerer\n{all_of['triggerer'].tail()}")
    print(f"{len(parked)} tasks waited in the triggerer")


def _live_a_day(api: AirflowApi, all_of: dict[str, Container]) -> None:
    """The sample through every task, on the worker; then what it left."""
    inbox, worker = Path("/var/lib/csp/inbox"), all_of["worker"]
    shutil.copytree(ROOT / "include" / "sample" / "inbox", inbox, dirs_exist_ok=True)
    for path in (inbox, *inbox.rglob("*")):
        os.chown(path, CSP, CSP)
    run_id = run_dag(api, DAY, {"as_of": _yesterday(worker)}, console, lambda: _must_live(all_of))
    for task in api.tasks(DAY, run_id):
        log = api.log_tail(DAY, run_id, task)
        if task.state != "success" or "Done" not in log:
            raise Broken(f"{task}: its log is\n{log}")
    outputs = [path for path in Path("/var/lib/csp/outputs").rglob("*") if path.is_file()]
    with psycopg.connect(worker.service.environment["CSP_LEDGER_URL"]) as ledger:
        row = ledger.execute("SELECT count(*) FROM allocation").fetchone()
    if not outputs or not row or not row[0]:
        raise Broken(f"the day left {len(outputs)} outputs and {row} allocations")
    print(f"each task's log is readable; {len(outputs)} outputs, {row[0]} allocations in the ledger on PostgreSQL")


def _shut_down_warmly(api: AirflowApi, all_of: dict[str, Container]) -> None:
    """The worker ends what it does and takes nothing new; whoever comes after it does the rest."""
    worker = all_of["worker"]
    run_id = api.trigger(DAY, {"as_of": _yesterday(worker)})
    while not (running := {task.task_id for task in api.tasks(DAY, run_id) if task.state == "running"}):
        _must_live(all_of)
        time.sleep(0.2)
    worker.terminate()
    left = {task.task_id: task for task in api.tasks(DAY, run_id)}
    if cut := [left[name] for name in running if left[name].state != "success"]:
        raise Broken(f"cut off by the worker's end: {cut}\n{worker.tail()}")
    print(f"  the worker ended {', '.join(sorted(running))} before itself")
    worker.start()
    while api.run_state(DAY, run_id) not in ENDED:
        _must_live(all_of)
        time.sleep(POLL_SECONDS)
    if api.run_state(DAY, run_id) != "success":
        raise Broken(f"the day that the second worker took over: {api.tasks(DAY, run_id)}")


def _yesterday(worker: Container) -> str:
    zone = ZoneInfo(worker.service.environment["CSP_TIME_ZONE"])
    return (datetime.now(zone).date() - timedelta(days=1)).isoformat()


def _must_live(all_of: dict[str, Container], *beside: subprocess.Popen[bytes]) -> None:
    if ended := [process.args for process in beside if process.poll() is not None]:
        raise Broken(f"ended by itself: {ended}")
    for name, container in all_of.items():
        if name != "init":
            container.must_live()


def _must_have_kept_the_limits(all_of: dict[str, Container]) -> None:
    for name, container in all_of.items():
        service, memory, pids = container.service, container.peak["memory"], container.peak["pids"]
        print(f"  {name:<14} used {memory >> 20} of {service.memory >> 20} MiB, {pids} of {service.pids} pids")
        if memory > service.memory or pids > service.pids:
            raise Broken(f"{name} needs more than its limits allow")


if __name__ == "__main__":
    main()
