#!/bin/sh
# PostgreSQL runs this once, when its volume is empty: a database and an owner for the ledger beside Airflow's own.
set -eu

psql --set ON_ERROR_STOP=1 --set ledger_password="$LEDGER_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE ledger LOGIN PASSWORD :'ledger_password';
CREATE DATABASE ledger OWNER ledger ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger;
SQL
