# The base is an argument, so that a house image can take its place; it needs Python 3.11 or newer, and glibc.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.txt \
    && python -m venv /opt/service \
    && /opt/service/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/python -m hatchling build -t wheel -d wheel \
    && /opt/service/bin/pip install --no-deps --no-index wheel/*.whl \
    && /opt/service/bin/python -m compileall -q /opt/service/lib \
    && mkdir /data

FROM ${BASE}
LABEL org.opencontainers.image.title="compensation-service" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/service /opt/service
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/service/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    COMPENSATION_ENVIRONMENT=production \
    COMPENSATION_DATABASE_URL=sqlite:////data/compensation.db
# Nobody in particular: it owns /data and nothing else, so the root file system may be read-only.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["compensation-service"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
