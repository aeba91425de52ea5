"""Everything that touches Airflow: provider entry point, gates, callbacks, the local processes."""
