"""What a process that answers has from the one that started it."""

from __future__ import annotations

import json
import os
from typing import NamedTuple


class Shared(NamedTuple):
    """What a worker has from its supervisor: numbers of open files."""

    listener: int
    """The socket whose clients it takes."""
    told: int
    """Where it says that it answers, in a line of JSON."""
    alive: int
    """Where reading ends when the supervisor is gone."""

    def written(self) -> str:
        """As an argument."""
        return ",".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> Shared:
        """From an argument."""
        return cls(*map(int, text.split(",")))

    def tell(self, metrics: int) -> None:
        """Say that this process answers, and on which port of loopback its metrics are."""
        with os.fdopen(self.told, "w") as told:
            told.write(json.dumps({"metrics": metrics}) + "\n")
