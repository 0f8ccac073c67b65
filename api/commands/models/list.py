"""``python -m api models list``."""

from __future__ import annotations

from collections.abc import Iterator

import click

from api.commands import settings_of
from api.commands.models import NAME
from resolvers.registry import ModelName, Registry


@click.command(help="List the versions of the models, which of them serve, and what was promoted when.")
@click.argument("name", type=NAME, required=False)
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """List; a version that serves is starred."""
    from api.models import kept_models

    registry = kept_models(settings_of(ctx))
    for model in [ModelName(name)] if name else ModelName:
        for line in _lines(registry, model, history=name is not None):
            click.echo(line)


def _lines(registry: Registry, model: ModelName, *, history: bool) -> Iterator[str]:
    from resolvers.kinds import KINDS
    from resolvers.promotion import CRITERIA
    from resolvers.promotion import history as steps
    from resolvers.registry import RegistryError, read, shipped

    kind, promoted, criterion = KINDS[model], registry.promoted(model), CRITERIA[model]
    yield model.value
    for version in (None, *registry.versions(model)):
        try:
            origin = (
                read(shipped(model), kind) if version is None else registry.version(model, version, kind)
            ).origin
        except RegistryError as error:
            yield f"  {version or 'default'}: {error}"
            continue
        metric = origin.metrics.get(criterion.metric) if criterion else None
        shown = "" if metric is None or criterion is None else f"  {criterion.metric} {metric:.4g}"
        made_up = "  made-up outcomes" if origin.made_up else ""
        yield (
            f"{'*' if version == promoted else ' '} {origin.version if version else 'default'}  "
            f"{origin.fitted_at:%Y-%m-%d}  {origin.trained_on}{shown}{made_up}"
        )
    for step in steps(registry, model) if history else ():
        action, version = step.action.value.lower(), step.version or "default"
        why = "; ".join(part for part in (step.why, step.verdict) if part)
        yield f"    {step.at:%Y-%m-%d %H:%M} {action} {version} by {step.who}{f': {why}' if why else ''}"
