"""How Alembic runs the revisions: always on a connection that :mod:`store.migrate` opened.

There is no ``alembic.ini``: the settings of the application say which database, and
``python -m api migrate`` runs this. To write a new revision, see ``docs/``.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from store.models import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite's DDL is transactional as soon as the driver lets it be, which Alembic does not expect.
        transactional_ddl=True,
        # PostgreSQL keeps what is done revision by revision, under the lock that store.migrate holds.
        # SQLite's lock is the transaction itself, so there it spans the run: nobody migrates in between.
        transaction_per_migration=connection.dialect.name == "postgresql",
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
