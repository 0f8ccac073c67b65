"""Files that a partner drops in a folder: the shipped connector for those who send exports.

Bookings, journeys, call-centre exports: whatever fits a kind of record comes in as CSV or Parquet, by the
same mapping as tables do (:mod:`c360.tables`). DuckDB reads the files and checks every row; an index on the
local disk answers requests. There is one connector for each business domain, ``files/rental`` for example.

- A file is read once it is complete: its marker is there, or it has not changed for a while.
- The same content under another name is read once. What comes late does not overwrite what is newer.
- A row that cannot be read is counted, by column, without its values. Where it names a customer, that
  customer's records of the kind are an error until a row replaces it: half a list would make totals wrong.
  A file that cannot be read is left out and named. Neither stops the others.

Not covered, and why:

- Fetching files from elsewhere (SFTP, object stores): the operator's own tools mount or copy; a folder is
  where they meet.
- JSON, XML, fixed-width files and spreadsheets: no row of columns that a mapping could name.
- Joins, expressions, filters: whoever writes the export has them.
- Webhooks and anything that writes: there is nobody to call. What is to change goes by ``workorders``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin, one for each domain."""
    from plugins.files.connector import connectors

    return connectors()
