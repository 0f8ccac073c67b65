"""What holds of rows that are in sight, as conditions of a statement; see :mod:`store.sight`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, select, union_all

from c360.access import Reach
from store.columns import storable
from store.mapping import aliased
from store.models import BookEntry, Customer, EmergencyAccess, IdentityLink, Redirect
from store.repositories.survivors import merged
from store.sight import Sight


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What conditions of sight are put in: values of one unit of work, or parameters of a kept statement."""

    tenant: Any
    subject: Any
    now: Any
    customer_id: Any
    own: Callable[[ColumnElement[str]], ColumnElement[bool]]
    """Whether a connector is one of the partner's for whom the unit is."""


def blind(sight: Sight) -> bool:
    """Whether nobody at all is in sight."""
    match sight.reach:
        case Reach.EVERYBODY:
            return False
        case Reach.BOOK:
            return not storable(sight.subject)
        case Reach.PARTNER:
            return not sight.connectors
        case Reach.SELF:
            return sight.customer_id is None or not storable(sight.customer_id)
        case _:
            return True


def seen(reach: Reach, column: ColumnElement[Any], terms: Terms) -> ColumnElement[bool]:
    """Whether a customer is in sight.

    Args:
        reach: whose sight it is; of one that sees everybody nothing is to be asked.
        column: with the present id of the customer.
        terms: what it is said in.
    """
    if reach is Reach.BOOK:
        return column.in_(
            union_all(
                select(BookEntry.customer_id).where(
                    BookEntry.tenant == terms.tenant,
                    BookEntry.agent == terms.subject,
                    BookEntry.until.is_(None),
                ),
                select(EmergencyAccess.customer_id).where(
                    EmergencyAccess.tenant == terms.tenant,
                    EmergencyAccess.subject == terms.subject,
                    EmergencyAccess.until > terms.now,
                ),
            )
        )
    if reach is Reach.PARTNER:
        link = aliased(IdentityLink)
        return exists().where(
            link.tenant == terms.tenant,
            link.customer_id == column,
            terms.own(link.connector),
            link.unlinked_at.is_(None),
        )
    if reach is Reach.SELF:
        asked, redirect = aliased(Customer), aliased(Redirect)
        present = (
            select(func.coalesce(redirect.survivor_id, asked.id))
            .select_from(asked)
            .outerjoin(redirect, merged(asked.tenant, asked.id, redirect))
            .where(asked.tenant == terms.tenant, asked.id == terms.customer_id)
        )
        return column == present.scalar_subquery()
    return false()
