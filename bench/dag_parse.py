"""Reading every DAG file against `import airflow.sdk` alone, which each of Airflow's processes pays anyway.

python -m bench.dag_parse
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Budget, measure_pair, report

DAGS = Path(__file__).parents[1] / "dags"
BUDGET = Budget(ratio=1.3)


def import_sdk() -> int:
    """The floor."""
    import airflow.sdk

    return len(airflow.sdk.__all__)


def parse_dags() -> int:
    """The floor, and then every DAG file. Returns how many files."""
    import_sdk()
    files = sorted(DAGS.glob("**/*.py"))
    for file in files:
        spec = importlib.util.spec_from_file_location(f"dag_file_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return len(files)


def main() -> bool:
    """Measure in turns; a home of its own keeps the user's airflow.cfg out of it."""
    with tempfile.TemporaryDirectory(prefix="csp-bench-") as home:
        os.environ["AIRFLOW_HOME"] = home
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        floor, ours = measure_pair(("bench.dag_parse:import_sdk",), ("bench.dag_parse:parse_dags",), rounds=5)
    return report("dag_parse", floor, ours, BUDGET, files=ours.returned)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
