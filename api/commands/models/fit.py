"""``python -m api models fit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands import run_async, settings_of
from api.commands.models import NAME, progress, require_extra
from api.settings import Settings
from resolvers.registry import Source

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(
    help="Fit a model to a population, keep a quarter of the customers aside to judge it beside the one that "
    "serves, and write the artefact with its card and pictures. It serves once it is promoted. The store "
    "tells figures and no outcomes, so that ranks and lifetime-value alone can be fitted to it."
)
@click.argument("name", type=NAME)
@click.option(
    "--data", type=_FOLDER, help="Folder of figures and outcomes, as docs/population.md describes it."
)
@click.option("--store", is_flag=True, help="Fit to what the store keeps of all customers instead.")
@click.option(
    "--out",
    type=_FOLDER,
    help="Folder to write to, and to compare with the shipped default, whatever serves. Default: the folder "
    "that the settings name, to be promoted from there.",
)
@click.option("--as", "stem", help="What the files are called in that folder. Default: by the version.")
@click.pass_context
def command(
    ctx: click.Context, name: str, data: Path | None, out: Path | None, stem: str | None, *, store: bool
) -> None:
    """Fit."""
    require_extra()
    from api.models import kept_models, serving_models
    from api.wiring import now
    from resolvers.registry import ModelName, Shipped
    from resolvers.serving import shipped
    from resolvers.training.fitting import fit, lay_out
    from resolvers.training.recipes import recipe_of

    if (data is None) is not store:
        raise click.UsageError("give either --data FOLDER or --store")
    if stem and out is None:
        raise click.UsageError("--as needs --out: in the models' folder each file is called by its version")
    model = ModelName(name)
    settings = settings_of(ctx) if store or out is None else None
    kept = None if out or settings is None else kept_models(settings)
    serving = shipped() if settings is None else serving_models(settings)
    recipe = recipe_of(model, serving)
    champion = _champion(kept or Shipped(), recipe)
    found = fit(recipe, _read(data, settings), champion=champion, at=now(), report=progress)
    version = found.origin.version
    if kept is not None and version in kept.versions(model):
        click.echo(f"the same as {kept.path(model, version)}, which is left as it was")
        return
    if kept is not None:
        kept.add(model, found.artefact)
    folder = out if kept is None else kept.of(model)
    assert folder is not None  # noqa: S101  # one of the two is there
    click.echo(f"wrote {lay_out(found, folder, stem=stem)}")
    for metric, value in found.origin.metrics.items():
        click.echo(f"  {metric} {value:g}")
    if kept is not None:
        click.echo(f"to let it serve: python -m api models promote {name} {version}")


def _read(data: Path | None, settings: Settings | None) -> Any:
    """What is fitted to: the folder, else what the store of the settings keeps."""
    from resolvers.training.learning import read_learning

    if data is not None:
        return read_learning(data, report=progress)
    assert settings is not None  # noqa: S101  # --store reads them
    return run_async(_stored(settings))


async def _stored(settings: Settings) -> Any:
    from api.fitting import read_store
    from api.models import serving_models
    from api.wiring import now, open_store, require_current
    from c360.access import TenantId

    require_current(settings)
    models, tenant = serving_models(settings), TenantId(settings.tenant)
    async with open_store(settings) as store:
        return await read_store(store.database, tenant, models, now=now(), report=progress)


def _champion(source: Source, recipe: Any) -> Any:
    """What serves, to be compared with; where it cannot be read there is none."""
    from resolvers.registry import RegistryError

    try:
        return source.load(recipe.name, recipe.kind)
    except RegistryError as error:
        progress(f"compared with nothing: {error}")
        return None
