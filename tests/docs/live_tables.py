"""The tables of the guide to what is live."""

from __future__ import annotations

from collections.abc import Callable

from api.graphql_transport_ws import CloseCode
from schema.docs import member_descriptions
from tests.docs.cells import ended, markdown


def close_codes() -> str:
    """Every code with which the server closes a socket by its own protocol."""
    texts = member_descriptions(CloseCode)
    return markdown(("code", "why"), [(str(one.value), ended(texts[one.name])) for one in CloseCode])


TABLES: dict[str, Callable[[], str]] = {"close-codes": close_codes}
