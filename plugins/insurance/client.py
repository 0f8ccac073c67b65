"""Reading the API: FAPI headers, and paging."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from c360.auth import Auth
from c360.errors import PartnerFault
from c360.http import Http, Response
from c360.paging import PageNumber, Step, every, pages
from plugins.insurance.payloads import One, Page

T = TypeVar("T")

MAX_PAGES = 200
"""Far beyond any customer's policies or claims: a partner that always names a next page is at fault."""


class Client:
    """Requests for one customer, all under the customer's grant and one FAPI interaction id.

    One id for the whole interaction is what the FAPI profile asks for; it also keeps equal requests
    of different kinds equal, so that the host sends them once.
    """

    def __init__(self, http: Http, auth: Auth, *, interaction: str, paging: PageNumber[Page[Any]]) -> None:
        self._http = http
        self._auth = auth
        self._headers = {"x-fapi-interaction-id": interaction}
        self._paging = paging

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

        async def ask(step: Step) -> Response:
            response = await self._http.get(
                path,
                params=step.params(),
                headers=self._headers,
                auth=self._auth,
                accept=(404,) if listed else (),
            )
            _deny_missing(response)
            return response

        def read(response: Response) -> Page[T]:
            return response.decode(kind)

        return await every(pages(ask, read, self._paging, max_pages=MAX_PAGES), _data)


def paging(size: int) -> PageNumber[Page[Any]]:
    """How the API pages, so many records at a time."""
    return PageNumber[Page[Any]](
        items=_data,
        size=("page-size", size),
        last=lambda page: page.meta.total_pages if page.meta else None,
        more=lambda page: bool(page.data) and page.links.next is not None,
        repeats=True,
    )


def _data(page: Page[T]) -> tuple[T, ...]:
    return page.data


def _deny_missing(response: Response) -> None:
    if response.status == 404:
        raise PartnerFault("HTTP 404 for a policy that the partner's own list names")
