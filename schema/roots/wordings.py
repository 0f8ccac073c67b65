"""``consentWordings``: the words in which customers are asked for their consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any

from msgspec import Meta

from schema.answers import CustomerAnswer
from schema.consents.answers import wording
from schema.inputs import NodeId, PageArguments
from schema.paging import connect, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData


class ConsentWordingsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``consentWordings``."""

    wording_ids: Annotated[
        tuple[NodeId, ...], Meta(description="Of these names alone; all unless told.")
    ] = ()


class ConsentWordingsRoot(RootField):
    """Lists the wordings."""

    name = "consentWordings"
    description = (
        "The words in which customers are asked for a consent, by name, the latest version first; each "
        "version in each of its languages. A decision names the version it was made on."
    )
    arguments_type = ConsentWordingsArguments
    arguments: ConsentWordingsArguments
    rule = needs(Scope.CONSENTS_READ)

    def check(self) -> None:
        """Check the page."""
        self._stretch = stretch(self.arguments)

    async def read(self, unit: Unit) -> None:
        """Read them: they are few, and read as a whole."""
        found = await unit.consents.wordings(self.arguments.wording_ids or None)
        rows = [((one.id, f"{10**9 - one.version:010}", one.language), wording(one)) for one in found]
        rows.sort(key=itemgetter(0))  # databases differ in what comes first
        self._page = connect(rows, self._stretch, scope="wordings", descending=False)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list of wordings needs no customer
        """Nobody."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Nobody."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page."""
        return self._page
