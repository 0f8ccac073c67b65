"""What a loyalty programme can be asked to do."""

from __future__ import annotations

from schema.mutations.actions.base import partner_mutation
from schema.permissions.scopes import Scope

ACTIONS = (
    partner_mutation(
        "loyalty.adjust_points",
        name="adjustPoints",
        text="Adds points to a member's account or takes some away, by hand.",
        scope=Scope.ACTIONS_CORRECT,
    ),
    partner_mutation(
        "loyalty.create_reward",
        name="createReward",
        text="Sets a member's points aside for a reward; they leave the balance.",
    ),
    partner_mutation(
        "loyalty.redeem_reward", name="redeemReward", text="Uses a reward of a member, for good."
    ),
)
