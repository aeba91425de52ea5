"""Airflow's roles of ours (Flask-AppBuilder), as data, and the command that makes them: `csp airflow roles`.

Whoever answers questions must not be able to mark a task as done: that would pass for an answer. So the roles add to
Airflow's Viewer only the right to answer and to see pages; the DAG that asks gives them the right to edit it, which
answering needs, and nothing gives them the right to edit task instances.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

APPROVER, FINANCE, HELPDESK = "Approver", "Finance", "Helpdesk"
Pair = tuple[str, str]  # action, resource
ANSWERS: tuple[Pair, ...] = (
    ("can_read", "HITL Detail"),
    ("can_edit", "HITL Detail"),
    ("menu_access", "HITL Detail"),
)
PAGES: tuple[Pair, ...] = (("can_read", "Plugins"),)
ROLES: Mapping[str, tuple[Pair, ...]] = {
    FINANCE: PAGES,  # sees the day's pages
    HELPDESK: (),  # starts the DAGs of support; the day's pages are not for them
    APPROVER: (*PAGES, *ANSWERS),  # and says yes or no to taking access away
}
FORBIDDEN: tuple[Pair, ...] = (("can_edit", "Task Instances"), ("can_edit", "DAG Runs"), ("can_edit", "XComs"))
# Airflow lets nobody start a DAG who may not edit it: pause it, that is. What its tasks said stays out of reach.
_STARTS = {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create"}}
MAY_START_SUPPORT = {HELPDESK: _STARTS}  # access control of the DAGs of support
MAY_RELEASE = {APPROVER: _STARTS}  # of the DAG that lets suspensions past their breaker: a second approver
MAY_UNDO = {APPROVER: _STARTS}  # of the DAG that gives back what a run took: who may say yes may take it back
MAY_START_REPORTS = {FINANCE: _STARTS}  # and of the escalation report
MAY_ANSWER = {APPROVER: {"DAGs": {"can_read", "can_edit"}}}  # access control of the DAG that asks


def make_roles() -> list[str]:
    """Make the roles, or give them what they lack. Returns what was done, in words."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    done = []
    with get_application_builder() as builder:
        manager = builder.sm
        for name, pairs in ROLES.items():
            role = manager.add_role(name)
            missing = [pair for pair in pairs if manager.get_permission(*pair) not in role.permissions]
            for pair in missing:
                manager.add_permission_to_role(role, manager.create_permission(*pair))
            done.append(f"{name}: {len(missing)} permissions added" if missing else f"{name}: as it should be")
    return done


def make_users(users: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Make users that are not there: name → password, roles, email. Returns what was done."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    done = []
    with get_application_builder() as builder:
        manager = builder.sm
        for name, user in users.items():
            if manager.find_user(username=name) is not None:
                continue
            roles = [manager.find_role(role) for role in user["roles"]]
            email = user.get("email") or f"{name}@airflow.invalid"
            manager.add_user(name, name, "", email, role=roles, password=user["password"])
            done.append(f"user {name}: made")
    return done


def main() -> None:
    """Make the roles; with CSP_AIRFLOW_USERS (JSON) users as well, for trying out on one's own machine."""
    argparse.ArgumentParser(prog="csp airflow roles", description=__doc__).parse_args()
    from airflow.providers.common.compat.sdk import conf
    from airflow.utils.providers_configuration_loader import providers_configuration_loaded

    @providers_configuration_loaded  # type: ignore[untyped-decorator]
    def make() -> list[str]:
        if "FabAuthManager" not in conf.get("core", "auth_manager"):
            sys.exit("csp: Airflow's auth manager is not Flask-AppBuilder, which alone has roles of one's own")
        return make_roles() + make_users(json.loads(os.environ.get("CSP_AIRFLOW_USERS") or "{}"))

    for line in make():
        print(line)  # noqa: T201 - a command answers on standard output


if __name__ == "__main__":
    main()
