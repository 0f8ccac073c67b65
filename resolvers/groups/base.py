"""What a domain's functions are given."""

from __future__ import annotations

from datetime import date
from typing import Protocol, TypeVar

from c360.records.base import Record

RecordT = TypeVar("RecordT", bound=Record)


class Records(Protocol):
    """One customer's gathered records, over all connectors that serve a kind."""

    @property
    def today(self) -> date:
        """The day of the operation."""
        ...

    def of(self, kind: str, record: type[RecordT]) -> tuple[RecordT, ...]:
        """The records of a kind, in the order of the connectors; empty where there are none."""
        ...
