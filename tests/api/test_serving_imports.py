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
    "scipy",
)
SELDOM = (
    "alembic",
    "opentelemetry",
    "openpyxl",
    "phonenumbers",
    "psycopg",
    "psycopg_binary",
    "rapidfuzz",
    "sqlalchemy.orm",
)
"""What some deployments, some requests or an upgrade need."""
PROGRAM = """
import sys
from datetime import date
import api.app, api.commands.identity, api.engine, api.http, api.models, api.serving, api.worker
from resolvers.lifetime_value.model import PURCHASES
from resolvers.serving import shipped
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Measure
from schema.build import build_schema

build_schema()
bought = {Measure.PURCHASE_DAYS: 4.0, Measure.FIRST_ON: 739_000.0, Measure.LAST_ON: 739_200.0,
          Measure.SPENT_AFTER_FIRST: 300.0}
summaries = Summaries(day=date(2025, 1, 1), currency="AUD", lines=dict.fromkeys(PURCHASES, bought))
assert shipped().valuer.value(summaries).value
print(*sorted({name.partition(".")[0] for name in sys.modules} | {"sqlalchemy.orm"} & set(sys.modules)))
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
