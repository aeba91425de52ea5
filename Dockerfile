# One image for every Airflow component: they must all see the same package.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# Dependencies first: they change less often than the code. pip compiles bytecode, which halves every start.
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml requirements.in README.md LICENSE ./
COPY src ./src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && pip install --no-cache-dir --no-deps /wheels/*.whl \
    && pip check

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="CSP Receivables" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 50000 csp \
    && useradd --uid 50000 --gid csp --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin csp \
    && install --directory --owner csp --group csp --mode 0700 /var/lib/csp /opt/airflow/logs
COPY --from=build /opt/venv /opt/venv
COPY --chown=root:root dags /opt/airflow/dags
COPY --chown=root:root plugins /opt/airflow/plugins
COPY --chown=root:root include /opt/airflow/include
COPY --chown=root:root deploy/init.sh /opt/airflow/init.sh
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/airflow/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/airflow/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    CSP_HOME=/var/lib/csp \
    CSP_INCLUDE=/opt/airflow/include
USER csp
WORKDIR /opt/airflow
EXPOSE 8080
# For the default command; the other components have their own checks in docker-compose.yaml.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=5 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/api/v2/version', timeout=5)"]
CMD ["airflow", "api-server"]
