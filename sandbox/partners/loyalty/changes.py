"""What clients change at the Square seller: points by hand, and rewards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.framework import World
from sandbox.framework.effects import KeyReusedError
from sandbox.partners.loyalty import requests
from sandbox.partners.loyalty.problems import Refused
from sandbox.partners.loyalty.render import PROGRAM_ID, Entry, Json, Made, loyalty_event, stamp, uuid_of

TIERS: Mapping[str, tuple[str, int]] = {
    "tier-coffee": ("A coffee on the house", 100),
    "tier-ten": ("10 off the next purchase", 500),
    "tier-night": ("A night at the partner hotel", 5000),
}
"""Rewards that the programme offers, by id: name and price in points."""

_SHORT = "The account does not hold enough points."


def program() -> Json:
    """The programme with what it offers."""
    return {
        "id": PROGRAM_ID,
        "status": "ACTIVE",
        "reward_tiers": [
            {
                "id": tier,
                "points": points,
                "name": name,
                "created_at": "2020-01-01T00:00:00Z",
                "pricing_rule_reference": {"object_id": f"rule-{tier}"},
            }
            for tier, (name, points) in TIERS.items()
        ],
        "terminology": {"one": "point", "other": "points"},
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
    }


class Changes:
    """What was changed since the partner started, each idempotency key once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: list[Entry] = []
        self._rewards: dict[str, Json] = {}

    @classmethod
    def of(cls, world: World) -> Changes:
        """The changes of a world."""
        found: Changes = world.state.setdefault("changes", cls(world))
        return found

    def made(self, account: str) -> Sequence[Made]:
        """Changes of one account, the oldest first."""
        return [entry.made for entry in self._entries if entry.account == account and entry.made]

    def entries(self, account: str | None = None) -> Sequence[Entry]:
        """Entries of the ledger, of one account or of all, the oldest first."""
        return [entry for entry in self._entries if account in {None, entry.account}]

    def adjust(self, account: str, body: requests.AdjustLoyaltyPoints, balance: int) -> Json:
        """Add or take points by hand; the ledger's entry."""
        points = body.adjust_points.points

        def effect() -> Json:
            if points == 0:
                raise Refused("INVALID_VALUE", "Points must not be zero.", field="adjust_points.points")
            if points < 0 and balance + points < 0 and not body.allow_negative_balance:
                raise Refused("BAD_REQUEST", _SHORT, field="adjust_points.points")
            reason = {"reason": body.adjust_points.reason} if body.adjust_points.reason else {}
            return self._enter("ADJUST_POINTS", account, points, {"points": points, **reason})

        return self._once("adjust_points", body.idempotency_key, [account, body], effect)

    def create_reward(self, body: requests.CreateLoyaltyReward, balance: int) -> Json:
        """Set points aside for a reward; the reward."""
        account, tier = body.reward.loyalty_account_id, body.reward.reward_tier_id

        def effect() -> Json:
            if tier not in TIERS:
                raise Refused("NOT_FOUND", "Reward tier not found.", field="reward_tier_id", status=404)
            price = TIERS[tier][1]
            if balance < price:
                raise Refused("BAD_REQUEST", _SHORT, field="reward.loyalty_account_id")
            reward_id = uuid_of(f"reward {len(self._rewards)}")
            self._enter("CREATE_REWARD", account, -price, {"reward_id": reward_id, "points": -price})
            now = stamp(self._world.now())
            reward = {
                "id": reward_id,
                "status": "ISSUED",
                "loyalty_account_id": account,
                "reward_tier_id": tier,
                "points": price,
                "created_at": now,
                "updated_at": now,
            }
            self._rewards[reward_id] = reward
            return dict(reward)

        return self._once("create_reward", body.idempotency_key, body, effect)

    def redeem_reward(self, reward_id: str, body: requests.RedeemLoyaltyReward) -> Json:
        """Use a reward; the ledger's entry."""

        def effect() -> Json:
            reward = self.reward(reward_id)
            if reward["status"] != "ISSUED":
                raise Refused("CONFLICT", "The reward was used already.", status=409)
            now = stamp(self._world.now())
            self._rewards[reward_id] = {**reward, "status": "REDEEMED", "updated_at": now, "redeemed_at": now}
            return self._enter("REDEEM_REWARD", reward["loyalty_account_id"], 0, {"reward_id": reward_id})

        return self._once("redeem_reward", body.idempotency_key, [reward_id, body], effect)

    def reward(self, reward_id: str) -> Json:
        """A reward that a client made.

        Raises:
            Refused: there is none.
        """
        found = self._rewards.get(reward_id)
        if found is None:
            raise Refused("NOT_FOUND", "Loyalty reward not found.", status=404)
        return found

    def _enter(self, kind: str, account: str, points: int, detail: Json) -> Json:
        now = self._world.now()
        made = Made(id=uuid_of(f"made {len(self._entries)}"), at=now, points=points, detail=detail)
        entry = Entry(now, kind, account, None, points, made)
        self._entries.append(entry)
        return loyalty_event(entry)

    def _once(self, name: str, key: str, body: Any, effect: Callable[[], Json]) -> Json:
        try:
            return self._world.effects.once(name, key, body, effect)
        except KeyReusedError:
            raise Refused(
                "IDEMPOTENCY_KEY_REUSED", "The key was used for another request.", field="idempotency_key"
            ) from None
