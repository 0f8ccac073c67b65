"""The catalogue in and out, and what the answers to offers say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec

from api.models import kept_models, serving_models
from api.settings import Settings
from api.wiring import now, open_store
from c360.access import TenantId
from resolvers.offers import catalogue
from resolvers.offers.catalogue import CatalogueError, Product
from resolvers.offers.propensity import Propensities
from resolvers.offers.responses import Presented, ProductReport, outcomes, reports
from resolvers.registry import ModelName, encode
from store.data_offers import CatalogueChange, OfferEvent, ProductData, ProductDraft, ProductState
from store.unit import Unit

_PAGE = 10_000
"""Events read at once."""
Report = Callable[[str], None]


async def bring_in(settings: Settings, file: Path, *, retire: bool = False) -> CatalogueChange:
    """Import a catalogue: all of it or nothing.

    Args:
        settings: where the store is.
        file: the catalogue.
        retire: whether products that are not in the file are retired.

    Raises:
        CatalogueError: the file cannot be read, or a product is wrong.
    """
    products = read(file)
    async with open_store(settings) as store:

        async def put(unit: Unit) -> CatalogueChange:
            drafts = [catalogue.draft(product) for product in products]
            if retire:
                given = {product.id for product in products}
                drafts += [
                    msgspec.structs.replace(_draft(each), state=ProductState.RETIRED)
                    for each in await unit.products.current()
                    if each.id not in given
                ]
            return await unit.products.put(drafts)

        return await store.database.retrying(TenantId(settings.tenant), put)


async def bring_in_shipped(settings: Settings) -> CatalogueChange | None:
    """Import the products that are shipped where there are none yet; ``None`` where there are."""
    if await kept(settings):
        return None
    return await bring_in(settings, catalogue.SHIPPED)


def read(file: Path) -> tuple[Product, ...]:
    """The products of a file.

    Raises:
        CatalogueError: it cannot be read, or a product is wrong.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CatalogueError(None, None, f"{file} cannot be read ({type(error).__name__})") from None
    return catalogue.read(content)


async def kept(settings: Settings) -> tuple[ProductData, ...]:
    """The catalogue as the store has it, by id."""
    async with _reading(settings) as unit:
        return await unit.products.current()


async def export(settings: Settings) -> bytes:
    """The catalogue as a file, which :func:`bring_in` takes.

    Raises:
        CatalogueError: a later release wrote a product, with what this one does not know.
    """
    return catalogue.write([catalogue.product(each) for each in await kept(settings)])


async def report(settings: Settings) -> list[ProductReport]:
    """How the offers of each product went."""
    return reports(await _presented(settings))


async def learn(settings: Settings, progress: Report) -> tuple[Propensities, Path]:
    """Fit propensities to the answers, beginning with what serves, and keep them as a version.

    Raises:
        CannotJudgeError: there are too few answers.
        RegistryError: the models cannot be read or written.
    """
    from resolvers.training.responses import fitted_to

    before = serving_models(settings).propensity
    presented = await _presented(settings)
    progress(f"{len(presented):,} presentations with known outcomes")
    found, anew, few = fitted_to(presented, before)
    for product in anew:
        model = found.products[product]
        progress(f"{product}: {model.takers:,} of {model.customers:,} accepted")
    for product in few:
        progress(f"{product}: too few answers, left as it was")
    parts = "answers to offers" if not before.products else f"answers to offers, over {before.origin.version}"
    at = now()
    digest = blake2b(encode(found), digest_size=4).hexdigest()
    origin = msgspec.structs.replace(
        before.origin,
        version=f"{at:%Y%m%d}-{digest}",
        fitted_at=at,
        trained_on=parts,
        customers=len(presented),
        fingerprint=_fingerprint(presented),
        metrics=dict(sorted(_metrics(found, anew).items())),
        calibration=(),
        compared=None,
    )
    artefact = msgspec.structs.replace(found, origin=origin)
    return artefact, kept_models(settings).add(ModelName.PROPENSITY, artefact)


def _metrics(found: Propensities, anew: Sequence[str]) -> dict[str, float]:
    """Of each product that was fitted, and the mean of each metric."""
    named = {product: found.products[product].metrics for product in anew}
    shared = set.intersection(*(set(metrics) for metrics in named.values()))
    every = {name: sum(metrics[name] for metrics in named.values()) / len(named) for name in shared}
    single = {
        f"{name}.{product}": value for product, metrics in named.items() for name, value in metrics.items()
    }
    return every | single


def _fingerprint(presented: Sequence[Presented]) -> str:
    return blake2b(msgspec.msgpack.encode(presented), digest_size=16).hexdigest()


async def _presented(settings: Settings) -> list[Presented]:
    events: list[OfferEvent] = []
    async with _reading(settings) as unit:
        after = None
        while page := await unit.offer_responses.read(after=after, limit=_PAGE):
            events += page
            after = page[-1]
    return outcomes(events, now())


def _draft(kept: ProductData) -> ProductDraft:
    names = ProductDraft.__struct_fields__
    return ProductDraft(**{name: getattr(kept, name) for name in names})


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[Unit]:
    async with open_store(settings) as store, store.database.read(TenantId(settings.tenant)) as unit:
        yield unit
