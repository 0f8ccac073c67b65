"""A model for tests of decisions: weights set by judgement, whatever the shipped model was trained to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from c360.records.party import IdentifierKind, PartyKind
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.model import (
    ComparisonWeights,
    KindModel,
    LevelWeights,
    Limits,
    Model,
    Thresholds,
    load,
)

_Shares = Mapping[str, tuple[float, float]]

_ADDRESS: _Shares = {
    "exact": (0.55, 0.0004),
    "street": (0.05, 0.0004),
    "close": (0.05, 0.0008),
    "postcode": (0.08, 0.01),
    "city": (0.09, 0.06),
    "else": (0.18, 0.9284),
}
_PHONE: _Shares = {"exact": (0.6, 0.0003), "typo": (0.02, 0.0006), "else": (0.38, 0.9991)}
_IDENTIFIER: _Shares = {"exact": (0.955, 0.000002), "typo": (0.03, 0.0001), "else": (0.015, 0.999898)}

_PERSON: Mapping[str, _Shares] = {
    "given_name": {
        "exact": (0.62, 0.008),
        "swapped": (0.02, 0.0004),
        "part": (0.1, 0.006),
        "nickname": (0.08, 0.004),
        "initial": (0.02, 0.004),
        "close": (0.06, 0.004),
        "sound": (0.02, 0.004),
        "similar": (0.02, 0.016),
        "else": (0.06, 0.9536),
    },
    "family_name": {
        "exact": (0.76, 0.003),
        "swapped": (0.02, 0.0003),
        "part": (0.08, 0.002),
        "close": (0.05, 0.002),
        "sound": (0.01, 0.002),
        "similar": (0.01, 0.01),
        "else": (0.07, 0.9807),
    },
    "birth_date": {
        "exact": (0.93, 0.0002),
        "swapped": (0.015, 0.0003),
        "typo": (0.03, 0.002),
        "other_year": (0.008, 0.0025),
        "same_year": (0.007, 0.015),
        "else": (0.01, 0.98),
    },
    "email": {
        "exact": (0.55, 0.0002),
        "local": (0.06, 0.0003),
        "close": (0.04, 0.0008),
        "else": (0.35, 0.9987),
    },
    "phone": _PHONE,
    "address": _ADDRESS,
    "identifier": _IDENTIFIER,
}
_ORGANIZATION: Mapping[str, _Shares] = {
    "organization_name": {
        "exact": (0.7, 0.0003),
        "words": (0.04, 0.0003),
        "close": (0.1, 0.001),
        "similar": (0.04, 0.01),
        "part": (0.06, 0.03),
        "else": (0.06, 0.9584),
    },
    "email": {"exact": (0.4, 0.0002), "host": (0.3, 0.0005), "else": (0.3, 0.9993)},
    "phone": _PHONE,
    "address": _ADDRESS,
    "identifier": _IDENTIFIER,
}


def _kind(kind: PartyKind, shares: Mapping[str, _Shares]) -> KindModel:
    comparisons = [
        ComparisonWeights(
            comparison=comparison.name,
            levels=tuple(
                LevelWeights(level=name, m=m, u=u) for name, (m, u) in shares[comparison.name].items()
            ),
        )
        for comparison in COMPARISONS[kind]
    ]
    return KindModel(prior=1e-5, comparisons=tuple(comparisons))


MODEL: Model = msgspec.structs.replace(
    load(),
    version="test",
    person=_kind(PartyKind.PERSON, _PERSON),
    organization=_kind(PartyKind.ORGANIZATION, _ORGANIZATION),
    thresholds=Thresholds(),
    shared_values={},
    limits=Limits(
        identifiers={
            IdentifierKind.TAX_ID: 1,
            IdentifierKind.REGISTRY_NUMBER: 1,
            IdentifierKind.NATIONAL_ID: 1,
            IdentifierKind.PASSPORT: 3,
            IdentifierKind.CUSTOMER_NUMBER: 5,
        },
        shared={"emails": 5, "phones": 8},
        parties=100,
    ),
)
