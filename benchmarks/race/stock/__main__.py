"""The server; see the package."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import strawberry
import uvicorn
from strawberry.asgi import GraphQL

from benchmarks.race.stock.graph import schema
from benchmarks.race.stock.loaders import Facts


class StockGraphQL(GraphQL[dict[str, Any], None]):
    """The ASGI application, with the loaders of each operation."""

    def __init__(self, schema: strawberry.Schema, facts: Facts) -> None:
        super().__init__(schema)
        self._facts = facts

    async def get_context(self, request: Any, response: Any = None) -> dict[str, Any]:
        """See the library."""
        return self._facts.context()


def main() -> None:
    """Serve."""
    file, port = sys.argv[1:]
    facts = Facts(msgspec.json.decode(Path(file).read_bytes()))
    app = StockGraphQL(schema(), facts)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
