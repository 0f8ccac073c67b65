"""Who answers for a customer that was merged."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_

from store.models import Redirect


def merged(tenant: Any, customer_id: Any, redirect: Any = Redirect) -> ColumnElement[bool]:
    """What joins a customer to its redirect, which names the survivor; who was not merged has none.

    Args:
        tenant: column of the customer's tenant.
        customer_id: column of the customer's id.
        redirect: where redirects are read; an alias of its own within another statement.
    """
    return and_(
        redirect.tenant == tenant,
        redirect.customer_id == customer_id,
        redirect.ended_at.is_(None),
    )
