"""Who may hold something of a customer back; see :mod:`schema.permissions.withholding`."""

from __future__ import annotations

from schema.permissions.consents import CONSENTED, consents
from schema.permissions.withholding import Holder

HOLDERS: tuple[Holder, ...] = (Holder(fields=CONSENTED, holds=consents),)
"""Asked in this order; the first that holds a field back gives the reason that is told."""
