"""The envelopes of the API: data with links and meta, pages, errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.framework import World
from sandbox.partners.insurance.products import JsonObject

TITLES = {
    400: "Requisição malformada",
    401: "Não autorizado",
    403: "Proibido",
    404: "Não encontrado",
    405: "Método não permitido",
    406: "Não aceitável",
    422: "Entidade não processável",
    429: "Muitas requisições",
}
DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 1000


class ErrorResponse(JSONResponse):
    """An error; the specification writes its media type with the character set."""

    media_type = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """Data with what its envelope says of it."""

    data: object
    total_records: int = 1
    total_pages: int = 1
    page_links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paging:
    """The page that a request asks for."""

    number: int
    size: int

    @classmethod
    def of(cls, request: Request) -> Paging:
        """Read the query.

        Raises:
            HTTPException: 400, not a number; 422, a number out of range.
        """
        number = _number(request, "page", 1)
        size = _number(request, "page-size", DEFAULT_PAGE_SIZE)
        if number < 1 or not 1 <= size <= MAX_PAGE_SIZE:
            raise HTTPException(422, "Paginação fora dos limites")
        return cls(number, size)

    def pages(self, total: int) -> int:
        """How many pages there are of so many records.

        Raises:
            HTTPException: 422, the page asked for lies behind the last one.
        """
        pages = math.ceil(total / self.size)
        if self.number > max(pages, 1):
            raise HTTPException(422, "Página inexistente")
        return pages

    def cut(self, records: Sequence[object]) -> Sequence[object]:
        """The records of the page."""
        return records[(self.number - 1) * self.size : self.number * self.size]


def paged(request: Request, paging: Paging, data: object, total: int) -> Answer:
    """A page of data out of so many records."""
    pages = paging.pages(total)
    numbers = {"first": 1, "prev": paging.number - 1, "next": paging.number + 1, "last": max(pages, 1)}
    if paging.number == 1:
        del numbers["first"], numbers["prev"]
    if paging.number >= pages:
        del numbers["next"], numbers["last"]
    links = {
        name: f"{address(request)}?page={number}&page-size={paging.size}" for name, number in numbers.items()
    }
    return Answer(data, total, pages, links)


def success(request: Request, version: str, answer: Answer) -> Response:
    """The answer in its envelope."""
    query = f"?{request.url.query}" if request.url.query else ""
    response = JSONResponse(
        {
            "data": answer.data,
            "links": {"self": f"{address(request)}{query}", **answer.page_links},
            "meta": {"totalRecords": answer.total_records, "totalPages": answer.total_pages},
        }
    )
    identify(request, version, response)
    return response


def identify(request: Request, version: str, response: Response) -> None:
    """Put the headers on an answer that every answer has."""
    response.headers["x-v"] = version
    response.headers["x-fapi-interaction-id"] = request.headers["x-fapi-interaction-id"]


def address(request: Request) -> str:
    """The address of a request as the specification writes it: always https."""
    return f"https://{request.url.netloc}{request.url.path}"


def error(
    world: World,
    status: int,
    message: str,
    headers: Mapping[str, str] | None = None,
    *,
    code: str = "NAO_INFORMADO",
) -> Response:
    """An error in the API's own form."""
    entry: JsonObject = {
        "code": code,
        "title": TITLES.get(status, "Erro interno"),
        "detail": message,
        "requestDateTime": instant(world.now()),
    }
    return ErrorResponse({"errors": [entry]}, status_code=status, headers=headers)


def instant(at: datetime) -> str:
    """A moment in UTC to the second, as the API writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.lstrip("-").isdigit()):
        raise HTTPException(400, f"Parâmetro {name} inválido")
    return int(text)
