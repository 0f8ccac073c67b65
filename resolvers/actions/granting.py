"""Customers' grants, for actions at partners asked under them: read when sending, kept with no action."""

from __future__ import annotations

import msgspec

from c360.contract import Lookup
from c360.errors import ProblemCode
from c360.values import Secret
from connectors.infos import InstanceInfo
from resolvers.actions.ports import ActionUnit
from store.data_actions import PartnerActionData

Which = tuple[str, str, str]
"""Customer id, instance id, party id."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What an action can be asked under."""

    token: Secret | None = None
    """The customer's access token; none where the partner is asked under the hub's own name."""
    missing: ProblemCode | None = None
    """Why there is no token where one is needed."""


def which(action: PartnerActionData) -> Which:
    """Whose grant an action is asked under."""
    return action.customer_id, action.connector, action.party_id


async def held(unit: ActionUnit, action: PartnerActionData, info: InstanceInfo | None) -> Held:
    """What an action can be asked under as it stands.

    Args:
        unit: a transaction that reads.
        action: the action.
        info: its instance; none where that is configured no more.
    """
    if info is None or info.lookup is not Lookup.BY_GRANT or action.kind in info.ungranted:
        return Held()
    mine = which(action)
    found = await unit.grants.tokens([mine])
    token = found.get(mine)
    if token is not None:
        return Held(token=token)
    ended = mine in found
    return Held(missing=ProblemCode.REAUTHORISATION_REQUIRED if ended else ProblemCode.GRANT_MISSING)
