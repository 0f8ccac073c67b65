"""Asking the partners, each at most once for an operation."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import msgspec
from strawberry.dataloader import DataLoader

from benchmarks.race.stock import mapping
from benchmarks.race.stock.graph import Account, Key
from benchmarks.race.stock.records import Balance, Membership, Policy, Position, RentalBooking, Stay

T = TypeVar("T")
Json = Any


class Facts:
    """What the hub knows, held in memory, and a client for each partner."""

    def __init__(self, told: Json) -> None:
        self.told = told
        self.customers: Mapping[str, Json] = {one["id"]: one for one in told["customers"]}
        limits = httpx.Limits(max_connections=128, max_keepalive_connections=128)
        self.clients = {
            name: httpx.AsyncClient(base_url=address, limits=limits, timeout=30, trust_env=False)
            for name, address in told["partners"].items()
        }
        self._credentials = told["credentials"]

    def context(self) -> dict[str, Any]:
        """The loaders of one operation."""
        loaders: dict[str, Any] = {
            "accounts": self._accounts,
            "policies": self._policies,
            "positions": self._positions,
            "guest": self._guest,
            "rentals": self._rentals,
        }
        found: dict[str, Any] = {name: DataLoader(_each(load)) for name, load in loaders.items()}
        found["hotels"] = DataLoader(_each(self._hotels))
        found["balances"] = DataLoader(_each(lambda key: self._balances(key, found["accounts"])))
        found["stays"] = DataLoader(_each(lambda key: self._stays(key, found["hotels"])))
        found["memberships"] = DataLoader(self._memberships, max_batch_size=30)
        return {"told": self.told, "customers": self.customers, **found}

    async def _get(self, partner: str, path: str, headers: Mapping[str, str]) -> Json:
        answer = await self.clients[partner].get(path, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def _post(self, partner: str, path: str, headers: Mapping[str, str], body: Json) -> Json:
        content = msgspec.json.encode(body)
        headers = {**headers, "content-type": "application/json"}
        answer = await self.clients[partner].post(path, headers=headers, content=content)
        answer.raise_for_status()
        return answer.json()

    async def _accounts(self, key: Key) -> list[Account]:
        headers = {"authorization": key.customer["tokens"]["banking"]}
        answer = await self._get("banking", "/banking/accounts?page=1&page-size=1000", headers)
        return [mapping.account(wire, key.customer) for wire in answer["data"]["accounts"]]

    async def _balances(self, key: Key, accounts: DataLoader[Key, list[Account]]) -> dict[str, Balance]:
        ids = [account.account_id for account in await accounts.load(key)]
        if not ids:
            return {}
        headers = {"authorization": key.customer["tokens"]["banking"]}
        body = {"data": {"accountIds": ids}, "meta": {}}
        path = "/banking/accounts/balances?page=1&page-size=1000"
        answer = await self._post("banking", path, headers, body)
        return {wire["accountId"]: mapping.balance(wire) for wire in answer["data"]["balances"]}

    async def _policies(self, key: Key) -> list[Policy]:
        headers = {"authorization": key.customer["tokens"]["insurance"]}
        root = "/insurance-auto/v1/insurance-auto"
        answer = await self._get("insurance", f"{root}?page=1&page-size=100", headers)
        listed = [
            (company["companyName"], policy)
            for brand in answer["data"]
            for company in brand["companies"]
            for policy in company["policies"]
        ]
        details = await asyncio.gather(
            *(
                self._get("insurance", f"{root}/{policy['policyId']}/policy-info", headers)
                for _, policy in listed
            )
        )
        return [
            mapping.policy(policy, insurer, detail["data"])
            for (insurer, policy), detail in zip(listed, details, strict=True)
        ]

    async def _positions(self, key: Key) -> list[Position]:
        party = key.customer["parties"]["brokerage"]
        path = f"/customers/{party}/positions?date={self.told['today']}&limit=200"
        headers = {"authorization": self._credentials["brokerage"]}
        return [mapping.position(wire) for wire in await self._get("brokerage", path, headers)]

    async def _memberships(self, ids: list[str]) -> list[list[Membership]]:
        headers = {"authorization": self._credentials["loyalty"]}
        body = {"limit": 200, "query": {"customer_ids": ids}}
        answer = await self._post("loyalty", "/loyalty/accounts/search", headers, body)
        found: dict[str, list[Membership]] = {one: [] for one in ids}
        for wire in answer.get("loyalty_accounts", ()):
            found[wire["customer_id"]].append(mapping.membership(wire))
        return [found[one] for one in ids]

    async def _guest(self, key: Key) -> Json:
        headers = {"x-api-key": self._credentials["hotel"]}
        return await self._get("hotel", f"/getGuest?guestID={key.customer['parties']['hotel']}", headers)

    async def _hotels(self, _: str) -> Mapping[str, Json]:
        headers = {"x-api-key": self._credentials["hotel"]}
        answer = await self._get("hotel", "/getHotels?pageNumber=1&pageSize=100", headers)
        return {hotel["propertyID"]: hotel for hotel in answer["data"]}

    async def _stays(self, key: Key, hotels: DataLoader[str, Mapping[str, Json]]) -> list[Stay]:
        headers = {"x-api-key": self._credentials["hotel"]}
        path = (
            f"/getReservationsWithRateDetails?guestID={key.customer['parties']['hotel']}"
            f"&reservationCheckOutFrom={self.told['since']}&pageNumber=1&pageSize=100"
        )
        answer, known = await asyncio.gather(self._get("hotel", path, headers), hotels.load("all"))
        stays = [mapping.stay(wire, known) for wire in answer["data"] if not wire["isDeleted"]]
        return self._within(stays, lambda stay: stay.check_in, lambda stay: stay.reservation_id)

    async def _rentals(self, key: Key) -> list[RentalBooking]:
        headers = {"x-api-key": self._credentials["rental"]}
        found = await asyncio.gather(
            *(self._get("rental", f"/bookings/{one}", headers) for one in key.customer["bookings"])
        )
        return self._within(
            [mapping.rental(wire) for wire in found],
            lambda rental: rental.departed,
            lambda rental: rental.booking_id,
        )

    def _within(self, records: list[T], moment: Callable[[T], str], name: Callable[[T], str]) -> list[T]:
        since, until = self.told["since"], self.told["until"]
        kept = [one for one in records if since <= moment(one)[:10] <= until]
        return sorted(kept, key=lambda one: (moment(one), name(one)), reverse=True)


def _each(load: Callable[[Any], Any]) -> Callable[[list[Any]], Any]:
    """A loader's function for what partners answer one at a time."""

    async def loaded(keys: list[Any]) -> list[Any]:
        return list(await asyncio.gather(*map(load, keys)))

    return loaded
