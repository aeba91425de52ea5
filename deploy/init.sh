#!/bin/sh
# Runs once before the other components start, and may run again: migrates Airflow's database, makes roles and the admin.
set -eu

airflow db migrate

# Finance sees the pages; Approver answers questions too. Neither can mark a task as done: that would pass for an answer.
csp airflow roles

# Tasks that call Microsoft: it asks for two to four calls at once.
airflow pools set microsoft 2 "calls to Microsoft"

airflow users create --username "$CSP_ADMIN_USER" --password "$CSP_ADMIN_PASSWORD" --email "$CSP_ADMIN_EMAIL" \
    --role Admin --firstname Airflow --lastname Admin
