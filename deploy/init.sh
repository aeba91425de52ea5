#!/bin/sh
# Runs once before the other components start, and may run again: migrates Airflow's database, makes roles and the admin.
set -eu

airflow db migrate

# Finance sees the pages and answers questions, but can't mark a task as done (that would pass for an answer).
airflow roles create Finance
airflow roles add-perms Finance --resource Plugins --action can_read
airflow roles add-perms Finance --resource "HITL Detail" --action can_read can_edit menu_access

# Tasks that call Microsoft: it asks for two to four calls at once.
airflow pools set microsoft 2 "calls to Microsoft"

airflow users create --username "$CSP_ADMIN_USER" --password "$CSP_ADMIN_PASSWORD" --email "$CSP_ADMIN_EMAIL" \
    --role Admin --firstname Airflow --lastname Admin
