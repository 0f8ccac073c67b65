"""What the settings say of tables, and what a connector of tables says of itself for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.description import Description, Feed, KeyKind

BATCH = 500
"""Customers that one statement is asked for: one ``IN`` list, well below what any database refuses."""


class TableMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the rows of one table become records of one kind."""

    kind: Annotated[str, Meta(description="Kind of record that the rows are, such as `hotel.stays`.")]
    fields: Annotated[
        dict[str, Any],
        Meta(
            description="By field of the record: a column; `{column, values}` with what the column's values "
            "mean; `{constant}`; a table of fields where the field has some of its own; a list of these "
            "where it is a list."
        ),
    ]
    party: Annotated[
        str | None,
        Meta(description="Column with the partner's id of the customer; a profile has it in `party_id`."),
    ] = None
    identity: Annotated[
        str | None,
        Meta(description="Column that tells rows apart, where the kind's own id is not mapped from one."),
    ] = None
    window: Annotated[
        str | None, Meta(description="Field by whose day records of a windowed kind are cut.")
    ] = None
    changed: Annotated[
        str | None,
        Meta(description="Column that grows with every change: a moment or a number. Makes a change feed."),
    ] = None
    deleted: Annotated[
        str | None, Meta(description="Column that marks a row as deleted: by not being empty, 0 or false.")
    ] = None
    deleted_value: Annotated[
        str | None, Meta(description="The one value of `deleted` that means so, instead.")
    ] = None
    keys: Annotated[
        dict[KeyKind, list[str]], Meta(description="Columns in which customers are searched, by kind of key.")
    ] = {}
    zone: Annotated[str, Meta(description="Time zone of moments that name none, such as Europe/Zurich.")] = (
        "UTC"
    )


def narrowed(
    description: Description, mappings: Sequence[TableMapping], feeds: Sequence[Feed]
) -> Description:
    """What is left of it with the tables there are: only what is mapped is promised."""
    mapped = {mapping.kind for mapping in mappings}
    keys = {key for mapping in mappings for key in mapping.keys}
    return msgspec.structs.replace(
        description,
        fetches=tuple(fetch for fetch in description.fetches if fetch.kind in mapped),
        identifies=tuple(key for key in description.identifies if key in keys),
        feeds=tuple(feeds),
    )
