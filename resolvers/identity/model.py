"""The model of identity: a versioned JSON artefact that says how much each level of agreement weighs.

``python -m api identity train`` writes one, the request path and the work over the population read it.
Weights are in bits: ``log2(m / u)``, where *m* is how often the level is seen among pairs of one
person and *u* how often among pairs of two (Fellegi and Sunter 1969).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from c360.errors import ConfigError
from c360.records.party import IdentifierKind, PartyKind
from resolvers.identity.blocked import Blocked
from resolvers.identity.comparisons import COMPARISONS

FORMAT = 1
"""Layout of the artefact; another one is not read."""
DEFAULT = Path(__file__).parent / "models" / "default.json"
"""The model that is shipped."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the artefact."""


class LevelWeights(_Part, frozen=True, kw_only=True):
    """How often a level is seen. The null level stands in no model: it weighs nothing."""

    level: str
    m: float
    """Share of the pairs of one person that have this level, of those that can be compared."""
    u: float
    """Share of the pairs of two persons."""

    @property
    def weight(self) -> float:
        """In bits."""
        return math.log2(self.m / self.u)


class ComparisonWeights(_Part, frozen=True, kw_only=True):
    """The levels of one comparison, in its order, without the null level."""

    comparison: str
    levels: tuple[LevelWeights, ...]


class TermFrequencies(_Part, frozen=True, kw_only=True):
    """How often the values of a column are seen among all parties that have one."""

    values: Mapping[str, float]
    """The most frequent ones; bounded, since rare names are personal data."""
    rest: float
    """Frequency that every other value is taken to have."""

    def of(self, value: str) -> float:
        """The frequency of a value."""
        return self.values.get(value, self.rest)


class KindModel(_Part, frozen=True, kw_only=True):
    """The weights for one kind of party."""

    prior: float
    """Probability that two parties drawn at random are one, from 0 to 1."""
    comparisons: tuple[ComparisonWeights, ...]
    term_frequencies: Mapping[str, TermFrequencies] = {}
    """By column; a column without an entry is not adjusted."""


class Thresholds(_Part, frozen=True, kw_only=True):
    """Probabilities from which something happens."""

    link: float = 0.99
    """Linked without asking."""
    review: float = 0.5
    """Shown to a person."""


class Limits(_Part, frozen=True, kw_only=True):
    """How many of a kind one customer can have; what exceeds them is not one customer."""

    identifiers: Mapping[IdentifierKind, int] = {}
    """Registered numbers of a kind and country that were verified."""
    shared: Mapping[str, int] = {}
    """By column of features (``phones``, ``emails``): customers that may share a value before it is a
    switchboard or a common mailbox, whose agreement alone links nobody."""
    parties: int = 100
    """Partner records of one customer."""


class Model(_Part, frozen=True, kw_only=True):
    """Everything that deciding depends on but the parties themselves."""

    format: int
    version: str
    """Name of this model in ledger entries and answers."""
    engine: str
    """What trained it, with its version, such as ``splink 5.0.0``."""
    created_at: datetime
    fingerprint: str
    """Digest of the data it was trained on."""
    person: KindModel
    organization: KindModel
    thresholds: Thresholds = Thresholds()
    limits: Limits = Limits()
    blocked: Blocked = Blocked()
    shared_values: Mapping[str, frozenset[str]] = {}
    """By column of features: digests (:func:`digest`) of values that more customers share than the limit."""
    metrics: Mapping[str, float] = {}
    """Its evaluation, such as ``precision`` and ``recall``."""
    note: str = ""
    """What else a reader should know, for people."""

    def of(self, kind: PartyKind) -> KindModel:
        """The weights for a kind of party."""
        return self.organization if kind is PartyKind.ORGANIZATION else self.person


def digest(value: str) -> str:
    """The form in which a model names a shared value: models are copied about, phone numbers are not."""
    return blake2b(value.encode(), digest_size=12).hexdigest()


def encode(model: Model) -> bytes:
    """The artefact, the same bytes for the same model."""
    plain = msgspec.to_builtins(model, str_keys=True, order="sorted")
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=1) + b"\n"


def decode(content: bytes, where: str = "model") -> Model:
    """Read and check an artefact.

    Args:
        content: The JSON text.
        where: Its name in errors.

    Raises:
        ConfigError: it is no model, one of another layout, or one that contradicts the comparisons.
    """
    try:
        model = msgspec.json.decode(content, type=Model)
    except msgspec.DecodeError as error:
        raise ConfigError(where, f"not a model ({error})", _REMEDY) from None
    if model.format != FORMAT:
        raise ConfigError(f"{where}.format", f"{model.format}, not {FORMAT}", _REMEDY)
    thresholds = model.thresholds
    if not 0 < thresholds.review <= thresholds.link <= 1:
        raise ConfigError(
            f"{where}.thresholds", "not 0 < review <= link <= 1", "give probabilities in this order"
        )
    for kind in PartyKind:
        _check(model.of(kind), kind, f"{where}.{kind.value.lower()}")
    return model


_REMEDY = "train one of this release with: python -m api identity train"


def _check(model: KindModel, kind: PartyKind, where: str) -> None:
    if not 0 < model.prior < 1:
        raise ConfigError(f"{where}.prior", repr(model.prior), "give a probability between 0 and 1")
    expected = {
        comparison.name: tuple(level.name for level in comparison.levels if not level.null)
        for comparison in COMPARISONS[kind]
    }
    for weights in model.comparisons:
        name = f"{where}.comparisons.{weights.comparison}"
        if tuple(level.level for level in weights.levels) != expected.pop(weights.comparison, None):
            raise ConfigError(name, "not the levels of this release", _REMEDY)
        if any(not (0 < level.m <= 1 and 0 < level.u <= 1) for level in weights.levels):
            raise ConfigError(name, "m or u outside of (0, 1]", _REMEDY)
        first, last = weights.levels[0], weights.levels[-1]
        if first.weight <= 0 or first.weight < last.weight:
            raise ConfigError(name, f"level {first.level} weighs no more than {last.level}", _REMEDY)
    if expected:
        raise ConfigError(f"{where}.comparisons", f"without {', '.join(sorted(expected))}", _REMEDY)
    for column, table in model.term_frequencies.items():
        if not all(0 < value <= 1 for value in (table.rest, *table.values.values())):
            raise ConfigError(f"{where}.term_frequencies.{column}", "a share outside of (0, 1]", _REMEDY)


@functools.lru_cache(maxsize=8)
def load(path: Path = DEFAULT) -> Model:
    """Read a model from a file, once per process.

    Raises:
        ConfigError: there is no such file, or it holds no model.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError("model", f"{type(error).__name__} at {str(path)!r}", _REMEDY) from None
    return decode(content, path.name)
