# The application as `make run` builds it: the same lock, the same checkout.
FROM python:3.11-slim
WORKDIR /srv/c360
COPY requirements/run.lock requirements/
RUN python -m pip install --no-cache-dir --no-compile --require-hashes -r requirements/run.lock
COPY pyproject.toml README.md ./
COPY c360 c360
COPY connectors connectors
COPY plugins plugins
COPY store store
COPY resolvers resolvers
COPY schema schema
COPY api api
COPY migrations migrations
COPY sandbox sandbox
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --create-home --uid 10360 c360 \
    && mkdir var && chown c360 var \
    # Who runs it may not write here: what is not compiled now would be compiled at every start, for seconds.
    # Some packages carry templates that are no Python, and are passed over.
    && (python -m compileall -qq -j 0 "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" . || true)
USER c360
# Settings come from C360_* variables or a mounted file; see docs/operating.md.
EXPOSE 8360
ENTRYPOINT ["python", "-m", "api"]
CMD ["serve"]
