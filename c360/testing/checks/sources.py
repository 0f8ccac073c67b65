"""Every failure of a database or of files is the right error: the author breaks the source."""

from __future__ import annotations

import tempfile
from pathlib import Path

from c360.errors import ConnectorError, PartnerFault, Reconfigure, RetryLater
from c360.testing.base import Check, Exempt, Failed, check, demand
from c360.testing.driving import same
from c360.testing.faults import SourceFault
from c360.testing.lab import Lab

_EXPECTED: dict[SourceFault, tuple[type[ConnectorError], ...]] = {
    SourceFault.UNREACHABLE: (RetryLater, Reconfigure),
    SourceFault.REFUSED: (Reconfigure,),
    SourceFault.MISSING: (Reconfigure, PartnerFault, RetryLater),
    SourceFault.RETYPED: (PartnerFault,),
    SourceFault.ADDED: (),
    SourceFault.TRUNCATED: (PartnerFault, RetryLater),
}
_MAY_PASS = frozenset({SourceFault.RETYPED, SourceFault.ADDED})
"""Faults that may also change nothing."""


def _source(fault: SourceFault, title: str) -> Check:
    @check(f"source-{fault.value.lower()}", title, rule="errors")
    def run(lab: Lab) -> None:
        if lab.http:
            raise Exempt("it speaks HTTP")
        whole = lab.sound().result
        with tempfile.TemporaryDirectory(prefix="c360-source-") as name:
            folder = Path(name)
            values = {**lab.values, **lab.suite.setup(folder)}
            broken = lab.suite.fault(fault, folder)
            if broken is None:
                raise Exempt(f"fault() of the suite says that its source cannot break by {fault.value}")
            config = lab.config(**{**values, **broken})
            trial = lab.trial(lab.fetching(lab.needs, lab.refs), config=config)
        if trial.result.breaches:
            raise Failed(f"{fault.value}: {trial.result.breaches[0]}", "raise errors of c360.errors alone")
        expected = _EXPECTED[fault]
        names = " or ".join(it.__name__ for it in expected) or "no error"
        errors = list(trial.result.errors())
        for error in errors:
            demand(
                isinstance(error, expected),
                f"{fault.value} ended as {type(error).__name__} instead of {names}",
                "translate the library's error at the edge, by what the caller does next",
            )
        demand(
            errors or fault in _MAY_PASS,
            f"{fault.value} was passed over as if the source had answered",
            f"raise {names}",
        )
        for cell, answer in trial.result.answers.items():
            demand(
                answer.error is not None or same(answer.items, whole.answers[cell].items),
                f"{fault.value}: {cell[1]} came out with other records and no error",
                "give all records of a kind or an error, nothing in between",
            )

    return run


CHECKS = (
    _source(SourceFault.UNREACHABLE, "A source that cannot be reached is RetryLater"),
    _source(SourceFault.REFUSED, "A refused credential is Reconfigure"),
    _source(SourceFault.MISSING, "A table, column or file that is missing is a typed error"),
    _source(SourceFault.RETYPED, "Values of another type are PartnerFault"),
    _source(SourceFault.ADDED, "A further column changes nothing"),
    _source(SourceFault.TRUNCATED, "A file that ends in the middle is a typed error"),
)
