"""``python -m api models fit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands import settings_of
from api.commands.models import NAME, progress, require_extra
from resolvers.registry import Source

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(
    help="Fit a model to a population, keep a quarter of the customers aside to judge it beside the one that "
    "serves, and write the artefact with its card and pictures. It serves once it is promoted."
)
@click.argument("name", type=NAME)
@click.option(
    "--data", type=_FOLDER, required=True, help="Folder of figures and outcomes, as the benchmarks write it."
)
@click.option(
    "--out",
    type=_FOLDER,
    help="Folder to write to, and to compare with the shipped default, whatever serves. Default: the folder "
    "that the settings name, to be promoted from there.",
)
@click.option("--as", "stem", help="What the files are called in that folder. Default: by the version.")
@click.pass_context
def command(ctx: click.Context, name: str, data: Path, out: Path | None, stem: str | None) -> None:
    """Fit."""
    require_extra()
    from api.models import kept_models, serving_models
    from api.wiring import now
    from resolvers.registry import ModelName, Shipped
    from resolvers.serving import shipped
    from resolvers.training.fitting import fit, lay_out
    from resolvers.training.learning import read_learning
    from resolvers.training.recipes import recipe_of

    if stem and out is None:
        raise click.UsageError("--as needs --out: in the models' folder each file is called by its version")
    model = ModelName(name)
    kept = None if out else kept_models(settings_of(ctx))
    recipe = recipe_of(model, shipped() if kept is None else serving_models(settings_of(ctx)))
    champion = _champion(kept or Shipped(), recipe)
    learning = read_learning(data, report=progress)
    found = fit(recipe, learning, champion=champion, at=now(), report=progress)
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


def _champion(source: Source, recipe: Any) -> Any:
    """What serves, to be compared with; where it cannot be read there is none."""
    from resolvers.registry import RegistryError

    try:
        return source.load(recipe.name, recipe.kind)
    except RegistryError as error:
        progress(f"compared with nothing: {error}")
        return None
