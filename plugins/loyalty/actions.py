"""What Square lets the hub change: points by hand, and rewards. It honours idempotency keys."""

from __future__ import annotations

from urllib.parse import quote

from c360.contract import Action, ActionOutcome, ActionState, RejectionCode
from c360.errors import ConnectorError, OutcomeUnknown, SkipCustomer
from c360.records.loyalty import AdjustPoints, CreateReward, RedeemReward
from plugins.loyalty import payloads
from plugins.loyalty.client import Json, SquareClient
from plugins.loyalty.errors import check

_REJECTIONS = {
    "NOT_FOUND": RejectionCode.NOT_FOUND,
    "CONFLICT": RejectionCode.CONFLICT,
    "IDEMPOTENCY_KEY_REUSED": RejectionCode.CONFLICT,
    "INSUFFICIENT_FUNDS": RejectionCode.INSUFFICIENT,
    "UNSUPPORTED_LOYALTY_REWARD_TIER": RejectionCode.INVALID,
}


async def perform(client: SquareClient, action: Action) -> ActionOutcome:
    """Send an action; what Square made of it.

    Raises:
        OutcomeUnknown: it was sent, and no answer came.
        ConnectorError: it has no effect.
    """
    if not await _is_own(client, action):
        return ActionOutcome(state=ActionState.REJECTED, rejection=RejectionCode.NOT_FOUND)
    key = action.idempotency_key
    match action.input:
        case AdjustPoints(membership_id=account, points=points, reason=reason):
            change: Json = {"points": points, **({} if reason is None else {"reason": reason})}
            answer = await client.change(
                f"/loyalty/accounts/{quote(account, safe='')}/adjust",
                {"idempotency_key": key, "adjust_points": change},
            )
            short = points < 0
        case CreateReward(membership_id=account, tier_id=tier):
            reward = {"loyalty_account_id": account, "reward_tier_id": tier}
            answer = await client.change("/loyalty/rewards", {"idempotency_key": key, "reward": reward})
            short = True
        case RedeemReward(reward_id=reward_id, location_id=location):
            answer = await client.change(
                f"/loyalty/rewards/{quote(reward_id, safe='')}/redeem",
                {"idempotency_key": key, "location_id": location},
            )
            short = False
        case _:
            raise ConnectorError(f"{action.kind} is not an action of this connector")
    return _outcome(answer, short=short)


async def _is_own(client: SquareClient, action: Action) -> bool:
    """Whether what is to be changed is the customer's: Square lets a seller change any account of theirs."""
    try:
        match action.input:
            case AdjustPoints(membership_id=account) | CreateReward(membership_id=account):
                found = await client.account(account)
            case RedeemReward(reward_id=reward_id):
                found = await client.account((await client.reward(reward_id)).loyalty_account_id)
            case _:
                raise ConnectorError(f"{action.kind} is not an action of this connector")
    except SkipCustomer:
        return False
    return found.customer_id == action.ref.party_id


def _outcome(answer: payloads.Changed, *, short: bool) -> ActionOutcome:
    if answer.errors:
        return _refused(answer.errors[0], short=short)
    effect = answer.event or answer.reward
    if effect is None:
        raise OutcomeUnknown("a change was answered without what it made")
    return ActionOutcome(state=ActionState.CONFIRMED, reference=effect.id)


def _refused(error: payloads.Error, *, short: bool) -> ActionOutcome:
    """A refusal by its code.

    Square has no code of its own for too few points: a request that takes points, and whose fields are
    right, is refused as a bad one for want of them.
    """
    if error.category != "INVALID_REQUEST_ERROR":
        check([error])
    code = _REJECTIONS.get(error.code, RejectionCode.INVALID)
    if short and error.code == "BAD_REQUEST":
        code = RejectionCode.INSUFFICIENT
    return ActionOutcome(state=ActionState.REJECTED, rejection=code)
