"""Settings of a folder of files."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.tables import TableMapping


class Drop(enum.Enum):
    """What one file holds."""

    CHANGES = "changes"
    """New and changed records; what it does not mention stays as it is."""
    SNAPSHOT = "snapshot"
    """All records there are: what the newest does not mention is gone."""


class FileTable(TableMapping, frozen=True, kw_only=True):
    """How the rows of one kind of file become records of one kind."""

    files: Annotated[
        str,
        Meta(description="Names of the files, such as `bookings-*.csv`; CSV unless they end in .parquet."),
    ]
    drop: Annotated[Drop, Meta(description="Whether a file holds `changes` or a whole `snapshot`.")] = (
        Drop.CHANGES
    )
    dated: Annotated[
        str | None,
        Meta(
            description="Regular expression whose first group is the date in a file's name, in an order that "
            "sorts, such as `bookings-([0-9-]+)`; by default the file's own date counts."
        ),
    ] = None
    delimiter: Annotated[
        str, Meta(description="Between the columns of a CSV file.", min_length=1, max_length=1)
    ] = ","
    encoding: Annotated[
        str, Meta(description="Of a CSV file: utf-8, utf-16 or latin-1.", pattern="^(utf-8|utf-16|latin-1)$")
    ] = "utf-8"


class FilesConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Where the files are and what they mean."""

    folder: Annotated[str, Meta(description="Absolute path of the folder that files are dropped in.")]
    index: Annotated[
        str,
        Meta(
            description="Absolute path of the index, on a local disk; it holds what the files hold, and "
            "processes of one machine share it."
        ),
    ]
    tables: Annotated[tuple[FileTable, ...], Meta(description="The files, by kind of record.")]
    base_url: Annotated[str, Meta(description="Not used: `folder` says where the files are.")] = ""
    marker: Annotated[
        str | None,
        Meta(
            description="What is added to the name of a complete file for its marker, such as `.done`; null: "
            "none is sent."
        ),
    ] = None
    settle: Annotated[
        float, Meta(description="Seconds without change after which a file without marker is complete.", ge=0)
    ] = 30.0
    poll: Annotated[float, Meta(description="Seconds between two looks at the folder.", ge=0)] = 5.0
    memory: Annotated[int, Meta(description="Megabytes that reading a file may take.", ge=64, le=65_536)] = (
        512
    )
    readers: Annotated[int, Meta(description="Requests that read the index at once.", ge=1, le=64)] = 4
    page: Annotated[int, Meta(description="Records that a change feed reads at once.", ge=1, le=50_000)] = (
        2_000
    )
