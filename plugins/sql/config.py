"""Settings of a database instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.tables import TableMapping
from c360.values import Secret


class SqlTable(TableMapping, frozen=True, kw_only=True):
    """How the rows of one table or view become records of one kind."""

    table: Annotated[str, Meta(description="Name of the table or view, as the database writes it.")]
    schema: Annotated[str | None, Meta(description="Schema it lies in; the login's own by default.")] = None


class SqlConfig(ConnectorConfig, frozen=True, kw_only=True):
    """How one partner's database is reached and what its tables mean."""

    url: Annotated[
        Secret,
        Meta(
            description="SQLAlchemy's address of the database, such as postgresql+psycopg://user:…@host/name."
        ),
    ]
    tables: Annotated[
        tuple[SqlTable, ...], Meta(description="The tables and views, one for each kind of record.")
    ]
    base_url: Annotated[str, Meta(description="Not used: `url` says where the database is.")] = ""
    connections: Annotated[
        int, Meta(description="Connections held at once; further statements wait.", ge=1, le=64)
    ] = 4
    max_rows: Annotated[
        int, Meta(description="Rows of one statement beyond which it is refused.", ge=1, le=1_000_000)
    ] = 50_000
    page: Annotated[int, Meta(description="Rows that a change feed reads at once.", ge=1, le=50_000)] = 2_000
    overlap: Annotated[
        float,
        Meta(
            description="Seconds a feed by a moment looks back, for transactions that were committed late.",
            ge=0,
        ),
    ] = 600.0
