"""Which version of a model serves: promotions, what they rest on, and the way back."""

from __future__ import annotations

import enum
import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType

import msgspec

from resolvers.artefacts import Origin
from resolvers.registry import A, ModelName, Registry, RegistryError, Served

_HISTORY = "history.jsonl"


class WorseError(RegistryError):
    """The challenger does worse than what serves."""


class NothingToRollBackError(RegistryError):
    """The shipped default serves; there is nothing before it."""


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """The one metric that decides between two fits of a model."""

    metric: str
    higher_is_better: bool = True


CRITERIA: Mapping[ModelName, Criterion | None] = MappingProxyType(
    {
        ModelName.LIFETIME_VALUE: Criterion(metric="pearson"),
        ModelName.BEHAVIOURAL_RISK: Criterion(metric="auc"),
        ModelName.OPTION_PRICING: Criterion(metric="log_loss", higher_is_better=False),
        ModelName.PROPENSITY: Criterion(metric="log_loss", higher_is_better=False),
        ModelName.RANKS: None,
    }
)
"""By model; quantiles are counted, not estimated, so that newer ones are never worse."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a challenger may serve, and why."""

    better: bool
    why: str


class Action(enum.Enum):
    """What changed."""

    PROMOTE = "PROMOTE"
    FORCE = "FORCE"
    """Promoted although it does worse, or although nothing tells."""
    ROLLBACK = "ROLLBACK"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a model's history."""

    at: datetime
    action: Action
    version: str | None
    """What serves from then on; none: the shipped default."""
    before: str | None
    """What served until then."""
    who: str
    why: str
    verdict: str = ""
    """How the two compared, in words."""


def compare(challenger: Origin, champion: Origin, criterion: Criterion | None) -> Verdict:
    """Judge a challenger against what serves.

    Where both were judged on the customers kept aside when the challenger was fitted, that decides; else what
    each one's own papers say, which may be of different customers. The verdict says which.
    """
    if criterion is None:
        return Verdict(better=True, why="counted, not estimated: nothing to be worse at")
    name = criterion.metric
    ours = challenger.metrics.get(name)
    same = challenger.compared is not None and challenger.compared.champion == champion.version
    papers = challenger.compared.metrics if same and challenger.compared is not None else champion.metrics
    theirs = papers.get(name)
    where = "the same customers kept aside" if same else "each one's own customers kept aside"
    said = f"{name} {_shown(ours)} against {_shown(theirs)} of {champion.version}, on {where}"
    if theirs is None:
        return Verdict(better=ours is not None, why=said)
    if ours is None:
        return Verdict(better=False, why=said)
    return Verdict(better=ours >= theirs if criterion.higher_is_better else ours <= theirs, why=said)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.6g}"


def promote(
    registry: Registry,
    name: ModelName,
    version: str,
    kind: type[A],
    *,
    who: str,
    why: str,
    at: datetime,
    force: bool = False,
) -> Step:
    """Let a version serve, from the next start of a process on.

    Args:
        registry: the kept models.
        name: which model.
        version: which fit of it.
        kind: what the artefact is.
        who: who does it.
        why: for what reason; kept.
        at: the present in UTC.
        force: also where it does worse than what serves.

    Raises:
        UnknownVersionError: there is no such version.
        ArtefactError: it cannot be read.
        WorseError: it does worse, and was not forced.
    """
    challenger = registry.version(name, version, kind).origin
    with _alone(registry, name):
        served = registry.served(name)
        before = served.versions[-1] if served.versions else None
        if before == version:
            raise RegistryError(f"{name.value}: version {version} serves already")
        verdict = _verdict(registry, name, kind, challenger)
        if not verdict.better and not force:
            raise WorseError(
                f"{name.value}: {version} is not promoted: {verdict.why}; give --force and --why to promote "
                "it all the same"
            )
        step = Step(
            at=at,
            action=Action.PROMOTE if verdict.better else Action.FORCE,
            version=version,
            before=before,
            who=who,
            why=why,
            verdict=verdict.why,
        )
        _change(registry, name, step, Served(versions=(*served.versions, version)))
    return step


def _verdict(registry: Registry, name: ModelName, kind: type[A], challenger: Origin) -> Verdict:
    try:
        champion = registry.load(name, kind).origin
    except RegistryError as error:
        # What cannot be read cannot serve: nothing is lost by anything that can.
        return Verdict(better=True, why=f"what served cannot be read ({type(error).__name__})")
    return compare(challenger, champion, CRITERIA[name])


def rollback(registry: Registry, name: ModelName, *, who: str, why: str, at: datetime) -> Step:
    """Let serve what served before the last promotion that was not rolled back.

    Raises:
        NothingToRollBackError: no version was promoted.
    """
    with _alone(registry, name):
        served = registry.served(name)
        if not served.versions:
            raise NothingToRollBackError(f"{name.value}: the shipped default serves; nothing is before it")
        left = Served(versions=served.versions[:-1])
        step = Step(
            at=at,
            action=Action.ROLLBACK,
            version=left.versions[-1] if left.versions else None,
            before=served.versions[-1],
            who=who,
            why=why,
        )
        _change(registry, name, step, left)
    return step


def history(registry: Registry, name: ModelName) -> tuple[Step, ...]:
    """All that was promoted and rolled back, the oldest first.

    A line that a crash cut off is left out: what it told did not take effect.

    Raises:
        RegistryError: another line cannot be read.
    """
    path = registry.of(name) / _HISTORY
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    steps = []
    for number, line in enumerate(lines, start=1):
        try:
            steps.append(msgspec.json.decode(line, type=Step))
        except msgspec.DecodeError:
            if number == len(lines) and not line.endswith(b"\n"):
                break
            raise RegistryError(f"{path}:{number}: this line tells no step; mend or remove it") from None
    return tuple(steps)


def _change(registry: Registry, name: ModelName, step: Step, served: Served) -> None:
    """Write the step down, then let it take effect: a crash in between leaves what serves as it was."""
    path = registry.of(name) / _HISTORY
    line = msgspec.json.encode(step) + b"\n"
    with path.open("ab+") as file:
        file.seek(0)
        cut = file.read()
        if cut and not cut.endswith(b"\n"):
            file.truncate(cut.rfind(b"\n") + 1)
        file.write(line)
    registry.point(name, served)


@contextmanager
def _alone(registry: Registry, name: ModelName) -> Iterator[None]:
    """One change at a time, also of several processes; the lock ends with the process that holds it."""
    folder = registry.of(name)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
