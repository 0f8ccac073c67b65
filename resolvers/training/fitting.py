"""How every model is fitted: on most customers, judged on those kept aside, beside the one that serves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from resolvers.artefacts import Comparison, Origin
from resolvers.registry import Artefact, ModelName, encode, write
from resolvers.training.cards import Card, written
from resolvers.training.judging import Judgement
from resolvers.training.learning import Learning, Report
from resolvers.training.pictures import pictures

M = TypeVar("M", bound=Artefact)


class Recipe(Protocol[M]):
    """What is particular to one model."""

    @property
    def name(self) -> ModelName:
        """Which model."""

    @property
    def kind(self) -> type[M]:
        """Its artefact."""

    def fit(self, seen: Learning, origin: Origin, report: Report) -> M:
        """Learn it from some customers.

        Raises:
            FileError: an outcome is missing that it is learnt from.
        """

    def judge(self, model: M, unseen: Learning) -> Judgement:
        """How it does on customers that it has not seen."""

    def card(self, model: M, unseen: Learning) -> Card:
        """What people should know of it."""


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A new artefact with its papers for people."""

    artefact: Artefact
    card: str
    """Markdown."""
    pictures: Mapping[str, bytes]
    """SVG by file name."""

    @property
    def origin(self) -> Origin:
        """The artefact's own papers."""
        return self.artefact.origin


def fit(recipe: Recipe[M], learning: Learning, *, champion: M | None, at: datetime, report: Report) -> Fitted:
    """Fit a model.

    Args:
        recipe: of the model.
        learning: customers, some of them kept aside.
        champion: what serves now; judged on the same customers kept aside.
        at: the present in UTC.
        report: takes a line of progress.

    Raises:
        FileError: the data lacks an outcome.
        CannotJudgeError: it does not determine the model.
    """
    seen, unseen = learning.parted()
    report(f"{recipe.name.value}: fitting to {len(seen):,} customers, {len(unseen):,} kept aside")
    draft = Origin(
        model=recipe.name.value,
        version="draft",
        fitted_at=at,
        trained_on=learning.about.source,
        made_up=learning.about.made_up,
        fingerprint=learning.fingerprint,
        customers=len(seen),
    )
    model = recipe.fit(seen, draft, report)
    report(f"{recipe.name.value}: judging")
    judged = recipe.judge(model, unseen)
    compared = None
    if champion is not None:
        before = recipe.judge(champion, unseen).metrics
        compared = Comparison(champion=champion.origin.version, metrics=before)
    origin = msgspec.structs.replace(
        model.origin,
        version=_version(model, at),
        metrics=dict(sorted(judged.metrics.items())),
        calibration=judged.calibration,
        compared=compared,
    )
    drawn = {f"{origin.version}-{name}.svg": svg for name, svg in pictures(judged.judged).items()}
    card = msgspec.structs.replace(recipe.card(model, unseen), pictures=tuple(drawn))
    return Fitted(artefact=_with(model, origin), card=written(origin, card), pictures=drawn)


def _with(model: M, origin: Origin) -> M:
    found: M = msgspec.structs.replace(model, origin=origin)  # type: ignore[type-var]  # artefacts are structs
    return found


def _version(model: Artefact, at: datetime) -> str:
    """The day, and a digest of the parameters and the data: a fit that gives the same is the same version."""
    epoch = datetime.fromtimestamp(0, tz=at.tzinfo)
    bare = _with(model, msgspec.structs.replace(model.origin, version="", fitted_at=epoch))
    return f"{at:%Y%m%d}-{blake2b(encode(bare), digest_size=4).hexdigest()}"


def lay_out(fitted: Fitted, folder: Path, *, stem: str | None = None) -> Path:
    """Write an artefact with its card and pictures into a folder.

    Args:
        fitted: what was fitted.
        folder: where.
        stem: what the files are called, by default by the version.

    Returns:
        the artefact's file.
    """
    version = fitted.origin.version
    name = stem or version
    card = fitted.card
    for picture, content in fitted.pictures.items():
        called = picture.replace(version, name, 1)
        card = card.replace(f"({picture})", f"({called})")
        write(folder / called, content)
    write(folder / f"{name}.md", card.encode())
    path = folder / f"{name}.json"
    write(path, encode(fitted.artefact))
    return path
