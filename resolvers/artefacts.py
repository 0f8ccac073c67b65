"""What every fitted model carries: where it comes from, and how good it was found to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class CalibrationBin(msgspec.Struct, frozen=True, kw_only=True):
    """Customers whom a model gave about the same probability, and what became of them."""

    predicted: float
    observed: float
    count: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted model beside the one that served when it was fitted, on the same customers kept aside."""

    champion: str
    """Version of the one that served."""
    metrics: Mapping[str, float]
    """Its metrics on those customers, by the names of the fitted one's own."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A model's papers. Shown with every value that rests on it."""

    model: str
    """Its name, such as ``behavioural-risk``."""
    version: str
    """Changes with every fit."""
    fitted_at: datetime
    trained_on: str
    """The data in words, such as ``sandbox population, 100,000 customers``."""
    made_up: bool
    """Whether the outcomes it was fitted to are made up: then its probabilities are for show."""
    fingerprint: str
    """Digest of the data, so that one can say what it was."""
    customers: int
    metrics: Mapping[str, float] = {}
    """By name, such as ``auc``, ``ks``, ``ece``, as found on data kept aside."""
    calibration: tuple[CalibrationBin, ...] = ()
    compared: Comparison | None = None
    """How the model did that served before it, where there was one."""
