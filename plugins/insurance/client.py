"""Reading the API: FAPI headers, paging, and several requests at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from typing import TypeVar

from c360.auth import Auth
from c360.contract import as_completed
from c360.errors import ConnectorError, PartnerFault, ProblemCode
from c360.http import Http, Response
from plugins.insurance.payloads import One, Page

T = TypeVar("T")

MAX_PAGES = 200
"""Far beyond any customer's policies or claims: a partner that always names a next page is at fault."""


class Client:
    """Requests for one customer, all under the customer's grant and one FAPI interaction id.

    One id for the whole interaction is what the FAPI profile asks for; it also keeps equal requests
    of different kinds equal, so that the host sends them once.
    """

    def __init__(self, http: Http, auth: Auth, *, interaction: str, page_size: int) -> None:
        self._http = http
        self._auth = auth
        self._headers = {"x-fapi-interaction-id": interaction}
        self._page_size = page_size

    async def get(self, path: str, *, accept: Collection[int] = ()) -> Response:
        """GET a path under the customer's grant. Raises as :meth:`c360.http.Http.request` does."""
        return await self._http.get(path, headers=self._headers, auth=self._auth, accept=accept)

    async def one(self, path: str, kind: type[One[T]]) -> T | None:
        """The object at a path that a list has named; ``None`` where the partner has no content for it.

        Raises:
            PartnerFault: the partner denies what its own list names.
        """
        response = await self.get(path, accept=(404,))
        _deny_missing(response)
        return None if response.status == 204 else response.decode(kind).data

    async def pages(self, path: str, kind: type[Page[T]], *, listed: bool = False) -> list[T]:
        """All records of a paged path, in the partner's order.

        Pages are counted, the partner's links are never followed: an address in an answer does not
        decide where a customer's token is sent. With ``listed``, a list of the partner has named the
        path, so that its absence is the partner's fault and says nothing about the customer.

        Raises:
            PartnerFault: the path is listed and missing, or the pages do not end.
        """
        found: list[T] = []
        for number in range(1, MAX_PAGES + 1):
            response = await self._http.get(
                path,
                params={"page": number, "page-size": self._page_size},
                headers=self._headers,
                auth=self._auth,
                accept=(404,) if listed else (),
            )
            _deny_missing(response)
            if response.status == 204:
                return found
            page = response.decode(kind)
            found.extend(page.data)
            last = number >= page.meta.total_pages if page.meta else page.links.next is None
            if last or not page.data:
                return found
        raise PartnerFault("the pages of a list do not end", code=ProblemCode.TOO_MUCH_DATA)


def _deny_missing(response: Response) -> None:
    if response.status == 404:
        raise PartnerFault("HTTP 404 for a policy that the partner's own list names")


async def together(jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run jobs at once; results in the order of the jobs.

    Raises:
        ConnectorError: of the first job to fail; the others are cancelled.
    """
    found: dict[int, T] = {}
    async with aclosing(as_completed(dict(enumerate(jobs)))) as outcomes:
        async for position, outcome in outcomes:
            if isinstance(outcome, ConnectorError):
                raise outcome
            found[position] = outcome
    return [found[position] for position in range(len(jobs))]
