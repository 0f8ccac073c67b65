"""Verifies the audit of the settings' database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from api.settings import Settings
from api.wiring import open_store, require_current
from c360.access import TenantId
from c360.errors import ConfigError
from store.data_audit import AuditReport, ChainHead


async def verified(settings: Settings, known: Sequence[ChainHead]) -> AuditReport:
    """Go through the whole audit.

    Args:
        settings: whose database.
        known: heads that were kept elsewhere.

    Raises:
        StoreError: the database does not answer, or is at another version.
    """
    require_current(settings)
    async with (
        open_store(settings) as store,
        store.database.read(TenantId(settings.tenant)) as unit,
    ):
        return await unit.audit_verification.verify(known)


def read_heads(file: Path) -> Sequence[ChainHead]:
    """Heads as ``audit heads`` writes them.

    Raises:
        ConfigError: a line is none.
    """
    try:
        return [msgspec.json.decode(line, type=ChainHead) for line in file.read_bytes().splitlines() if line]
    except msgspec.DecodeError:
        raise ConfigError("--heads", "a line that is no head", "give what `audit heads` wrote") from None
