"""A plugin that does things when it is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.good import GoodClub

REGION = os.environ.get("CLUB_REGION", "AU")


class ReadsAtImport(GoodClub):
    """Its module reads the environment."""


CASES = (Broken(ReadsAtImport, "import-without-effects"),)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return (ReadsAtImport,)
