"""Airflow on this machine alone: its processes, its settings, and one day run through its scheduler.

`airflow standalone` is not used: a SIGTERM to it leaves its children behind, still scheduling.
"""
