"""Any database that SQLAlchemy speaks to: the shipped connector for partners without an API.

A partner's table or view becomes records by a mapping in the settings; see :mod:`c360.tables`. There is
one connector for each business domain, ``sql/hotel`` for example, and it serves the kinds of that domain
that are mapped, and ``party.profile`` where that is.

Reading alone, and no more than asked for: one statement for all customers of a call, the mapped columns
only, the window in its ``WHERE``, a read-only transaction, a time-out by the operation's deadline, and
every identifier quoted.

Not covered, and why:

- Joins, expressions and conditions: a view is the place for them, where the partner's own people see them.
- Writing: the hub has no business in a partner's tables. What is to change goes by ``workorders``.
- Webhooks: a database makes no calls; ``changed`` makes a feed.
- Read-only transactions and statement time-outs by the database itself beyond PostgreSQL and SQLite:
  elsewhere give the hub a login that may only read. The caller's deadline is kept in any case.
- Drivers: the application brings those of PostgreSQL (psycopg) and SQLite; install another beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin, one for each domain."""
    from plugins.sql.connector import connectors

    return connectors()
