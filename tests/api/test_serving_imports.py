"""What serves requests loads nothing of what fits models or links populations, nor what it may never need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
TRAINING = (
    "sklearn",
    "lightgbm",
    "optbinning",
    "splink",
    "pandas",
    "pyarrow",
    "ibis",
    "duckdb",
    "sqlglot",
    "matplotlib",
)
SELDOM = ("alembic", "opentelemetry", "psycopg", "psycopg_binary", "openpyxl")
"""What some deployments, some requests or an upgrade need."""
PROGRAM = """
import sys
import api.app, api.engine, api.http, api.models, api.serving, api.worker
from resolvers.serving import shipped
from schema.build import build_schema

build_schema()
shipped()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_serving_loads_nothing_of_training() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert {"msgspec", "strawberry", "numpy"} <= set(loaded)
    assert not set(TRAINING) & set(loaded)
    assert not set(SELDOM) & set(loaded), "loaded before anybody needs it: it delays the first answer"
