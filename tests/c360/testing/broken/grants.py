"""Connectors by grant, and with money, that go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from c360.auth import Auth
from c360.contract import Connector, Need, Ref
from c360.errors import Reauthorise, Reconfigure
from c360.hooks import hookimpl
from c360.records.base import Record
from c360.values import CurrencyCode, Money
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.inn import GoodInn, InnSuite, WireStays


class CurrencyBySign(GoodInn):
    def money(self, amount: Decimal) -> Money:
        return Money(amount=amount, currency=CurrencyCode("€"))


class NoNumber(GoodInn):
    def money(self, amount: Decimal) -> Money:
        return Money(amount=Decimal("NaN"), currency=CurrencyCode("EUR"))


class Pennies(GoodInn):
    def money(self, amount: Decimal) -> Money:
        return Money(amount=float(amount), currency=CurrencyCode("EUR"))  # type: ignore[arg-type]  # is wrong


class KeepsTheGrant(GoodInn):
    kept: Auth | None = None

    async def stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        self.kept = self.kept or ref.auth()
        params = {"since": str(need.since), "until": str(need.until)}
        answer = await self.ctx.http.get("/stays", params=params, auth=self.kept)
        return [self.stay(it) for it in answer.decode(WireStays).stays]


class BlamesTheOperator(GoodInn):
    async def stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        try:
            return await super().stays(ref, need)
        except Reauthorise as error:
            raise Reconfigure("refused") from error


CASES = (
    Broken(CurrencyBySign, "currencies-valid", base=InnSuite),
    Broken(NoNumber, "numbers-finite", base=InnSuite),
    Broken(Pennies, "field-types", base=InnSuite),
    Broken(
        KeepsTheGrant,
        "grants-kept-apart",
        frozenset({"customers-kept-apart", "expected-records", "order-independent"}),
        base=InnSuite,
    ),
    Broken(BlamesTheOperator, "status-401", frozenset({"status-403"}), base=InnSuite),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
