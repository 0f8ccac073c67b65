"""What a product is: the format of the catalogue, read with errors that name the product and the field."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.access import Purpose
from c360.currencies import is_currency
from c360.errors import C360Error
from c360.values import CurrencyCode
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.facts import LINES
from resolvers.offers.rules import ALWAYS, Rule
from resolvers.offers.situation import Channel, Doing
from resolvers.summaries.measures import Line, Measure, Unit
from store.data_offers import ProductData, ProductDraft, ProductState

SHIPPED = Path(__file__).parent / "data" / "catalogue.json"
"""Products to begin with, over all six domains."""
_WEIGHT = Meta(ge=0, le=100)


class CatalogueError(C360Error):
    """A catalogue cannot be imported; nothing of it was.

    Args:
        product: id of the product, or its place in the file; none where it is about the whole file.
        field: where in the product.
        what: what is wrong there.
    """

    def __init__(self, product: str | None, field: str | None, what: str) -> None:
        about = ", ".join(
            part
            for part in (f"product {product}" if product else "", f"field {field}" if field else "")
            if part
        )
        super().__init__(f"{about or 'the catalogue'}: {what}; mend it and import again")
        self.product = product
        self.field = field


class Bundle(enum.Enum):
    """What is shown beside an offer."""

    POLICY_LOAN = "POLICY_LOAN"
    """The loan against a life policy beside its surrender: both present values and the break-even rate."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Share(_Part, frozen=True, kw_only=True):
    """Margin a year that grows with a figure of the customer: figure x share x margin."""

    line: Line
    measure: Measure
    share: Annotated[float, Meta(ge=0, le=100)]
    """How much of the figure the product will have."""
    margin: str
    """The assumption that says what is earned on it for a year, such as ``deposit_spread``."""


class Worth(_Part, frozen=True, kw_only=True):
    """What a sold product brings over its life, in the product's currency.

    V = (a_year + Σ figure · share · margin) · Σ (retention / (1 + discount))ᵗ − acquisition,
    t = 0 … years − 1
    """

    a_year: Annotated[float, Meta(ge=0)] = 0.0
    shares: tuple[Share, ...] = ()
    retention: Annotated[float, Meta(ge=0, le=1)] = 0.85
    years: Annotated[int, Meta(ge=1, le=50)] = 10
    acquisition: Annotated[float, Meta(ge=0)] = 0.0


class Lever(_Part, frozen=True, kw_only=True):
    """Something that a company wants to push, or hold back, for a while: per cent on the priority."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    percent: Annotated[float, Meta(ge=-100, le=1000)]
    when: Rule = ALWAYS
    valid_from: date | None = None
    valid_until: date | None = None


class Caps(_Part, frozen=True, kw_only=True):
    """How often one customer is offered a product."""

    most: Annotated[int, Meta(ge=1)] = 3
    """Presentations within ``days``."""
    days: Annotated[int, Meta(ge=1, le=1096)] = 90
    after_declined: Annotated[int, Meta(ge=0, le=1096)] = 90
    """Days of rest after the customer declined it."""
    after_accepted: Annotated[int, Meta(ge=0, le=1096)] = 365
    """Days of rest after the customer accepted it."""


class Product(_Part, frozen=True, kw_only=True):
    """A product that can be offered."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    domain: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    line: Line
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(min_length=1, max_length=1_000)]
    currency: CurrencyCode
    """Of what it is worth."""
    worth: Worth
    state: ProductState = ProductState.ACTIVE
    valid_from: date | None = None
    valid_until: date | None = None
    purpose: Purpose = Purpose.MARKETING
    """``SERVICE`` for what serves a contract that the customer has: it needs no consent to marketing."""
    eligibility: Rule = ALWAYS
    """Who can have it: by law, by contract, by what they hold already."""
    suitability: Rule = ALWAYS
    """Whom it serves."""
    contexts: Mapping[Doing, Annotated[float, _WEIGHT]] = {}
    """Weight by what the customer is doing; 1 unless told, 0: not then."""
    channels: Mapping[Channel, Annotated[float, _WEIGHT]] = {}
    """Weight by channel; 1 unless told."""
    levers: tuple[Lever, ...] = ()
    caps: Caps = Caps()
    bundle: Bundle | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    products: tuple[msgspec.Raw, ...]


class _Named(msgspec.Struct, frozen=True):
    id: str


_COLUMNS = ("id", "domain", "line", "name", "description", "state", "valid_from", "valid_until")
"""What the store keeps in columns of their own."""


def read(content: bytes) -> tuple[Product, ...]:
    """The products of a catalogue's file.

    Raises:
        CatalogueError: it is no catalogue, or a product is wrong.
    """
    try:
        rows = msgspec.json.decode(content.decode(), type=_File).products
    except UnicodeDecodeError:
        raise CatalogueError(None, None, "it is no text in UTF-8") from None
    except msgspec.ValidationError as error:
        raise CatalogueError(None, None, str(error)) from None
    except msgspec.DecodeError as error:
        raise CatalogueError(None, None, f"it is no JSON ({error})") from None
    products = tuple(_product(row, number) for number, row in enumerate(rows, 1))
    seen: set[str] = set()
    for product in products:
        if product.id in seen:
            raise CatalogueError(repr(product.id), "id", "another product of the file has it")
        seen.add(product.id)
    return products


def write(products: Sequence[Product]) -> bytes:
    """A catalogue's file, which :func:`read` takes: the same bytes for the same products."""
    plain = [msgspec.to_builtins(each) for each in sorted(products, key=lambda product: product.id)]
    for each in plain:
        for weights in ("contexts", "channels"):
            if weights in each:
                each[weights] = dict(sorted(each[weights].items()))
    return msgspec.json.format(msgspec.json.encode({"products": plain}), indent=2) + b"\n"


def draft(product: Product) -> ProductDraft:
    """A product as the store keeps it."""
    plain = msgspec.to_builtins(product)
    content = {name: value for name, value in plain.items() if name not in _COLUMNS}
    return ProductDraft(
        id=product.id,
        domain=product.domain,
        line=product.line.value,
        name=product.name,
        description=product.description,
        state=product.state,
        valid_from=product.valid_from,
        valid_until=product.valid_until,
        content=msgspec.json.encode(content, order="deterministic").decode(),
    )


def product(kept: ProductData | ProductDraft) -> Product:
    """A product of the store.

    Raises:
        CatalogueError: another release wrote it, with what this one does not know.
    """
    content = msgspec.json.decode(kept.content)
    columns = {name: getattr(kept, name) for name in _COLUMNS}
    plain = msgspec.to_builtins({name: value for name, value in columns.items() if value is not None})
    return _converted({**content, **plain}, repr(kept.id))


def _product(row: msgspec.Raw, number: int) -> Product:
    try:
        name = repr(msgspec.json.decode(row, type=_Named).id)
    except msgspec.ValidationError:
        name = f"number {number}"
    found = _converted(msgspec.json.decode(row), name)
    for field, what in _mistakes(found):
        raise CatalogueError(name, field, what)
    return found


def _converted(plain: object, name: str) -> Product:
    try:
        return msgspec.convert(plain, Product)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        field = place.strip("`").removeprefix("$").lstrip(".") or None
        raise CatalogueError(name, field, what) from None


def _mistakes(product: Product) -> Iterator[tuple[str, str]]:
    """What is well formed and makes no sense: the field, and what is wrong."""
    if not is_currency(product.currency):
        yield "currency", f"found {product.currency!r}; give an ISO 4217 code"
    lines = LINES.get(product.domain)
    if lines is not None and product.line not in lines:
        names = ", ".join(line.value for line in lines)
        yield "line", f"found {product.line.value}; {product.domain} has {names}"
    for place, share in enumerate(product.worth.shares):
        if share.margin not in Assumptions.__struct_fields__:
            yield f"worth.shares[{place}].margin", f"found {share.margin!r}; name an assumption of `[value]`"
        if share.measure.unit is not Unit.MONEY:
            yield f"worth.shares[{place}].measure", f"found {share.measure.value}; give an amount of money"
    dates = [("", product.valid_from, product.valid_until)]
    dates += [
        (f"levers[{place}].", lever.valid_from, lever.valid_until)
        for place, lever in enumerate(product.levers)
    ]
    for prefix, since, until in dates:
        if since and until and until < since:
            yield f"{prefix}valid_until", "it lies before valid_from"
    if product.purpose not in {Purpose.MARKETING, Purpose.SERVICE}:
        yield "purpose", f"found {product.purpose.value}; give MARKETING or SERVICE"
