"""An Airflow of the tests' own. Call `use` before anything imports airflow: it reads its settings at import."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DAGS = ROOT / "dags"


def use() -> Path:
    """Point Airflow at an empty home in a temporary folder; the same one however often it is called."""
    if "CSP_TEST_AIRFLOW_HOME" in os.environ:
        return Path(os.environ["CSP_TEST_AIRFLOW_HOME"])
    assert "airflow" not in sys.modules, "airflow was imported before its test home was set"
    home = Path(tempfile.mkdtemp(prefix="csp-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(
        {
            "CSP_TEST_AIRFLOW_HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        }
    )
    return home
