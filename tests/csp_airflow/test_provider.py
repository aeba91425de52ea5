"""What we tell Airflow about ourselves is what its schema asks for, and is found by its entry point."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import jsonschema

from tests import airflow_home

airflow_home.use()


def test_the_entry_point_answers_as_airflows_schema_asks() -> None:
    (ours,) = [
        point for point in entry_points(group="apache_airflow_provider") if point.value.startswith("csp_airflow")
    ]
    spec = find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    schema = json.loads((Path(spec.origin).parent / "provider_info.schema.json").read_text())

    told = ours.load()()

    jsonschema.validate(told, schema)
    assert told["package-name"] == "csp-receivables"
