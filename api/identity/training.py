"""``identity train``: weights learnt from a file of customers or from the population, and their quality."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from c360.enrolment import CustomerLine
from resolvers.identity.features import Features, party_features
from resolvers.identity.model import Model, encode
from resolvers.identity.population import modelling
from resolvers.identity.population.engine import Report
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.truth import measure
from resolvers.identity.population.workspace import Key, Told, open_workspace

_BATCH = 20_000


def from_file(file: Path, before: Model, *, report: Report) -> Model:
    """Learn from the parties of a file of customers, and measure against its links.

    Who is who is not looked at when learning.

    Args:
        file: :class:`~c360.enrolment.CustomerLine` a line, as ``python -m api seed`` takes it.
        before: its decisions (thresholds, limits, blocked values) are kept.
        report: takes lines of progress.

    Raises:
        PopulationError: the file is not readable or a line is wrong.
    """
    truth: dict[Key, Hashable] = {}
    waiting: defaultdict[str, list[Told]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="c360-train-") as name, open_workspace(Path(name)) as workspace:

        def flush() -> None:
            for connector, told in waiting.items():
                workspace.tell(connector, told)
            waiting.clear()

        for customer in _lines(file):
            for link in customer.links:
                features = party_features(link.party, blocked=before.blocked)
                if features == Features(kind=features.kind):
                    continue  # a partner that holds numbers alone: nothing is learnt from it
                waiting[link.connector].append(Told(link.connector, link.party.party_id, b"", features))
                truth[link.connector, link.party.party_id] = customer.external_id
            if len(truth) % _BATCH == 0:
                flush()
        flush()
        report(f"{len(truth):,} parties")
        model = modelling.train(workspace.connection, before, at=datetime.now(UTC), report=report)
        workspace.compare(model, report=report)
        metrics = measure(workspace.group(model), truth)
    return msgspec.structs.replace(model, metrics=metrics, note=f"{model.note} Measured on the same parties.")


def from_population(folder: Path, before: Model, *, report: Report) -> Model:
    """Learn from the parties that ``identity link`` keeps in a folder; nobody says how good that is.

    Raises:
        PopulationError: the folder cannot be used.
    """
    with open_workspace(folder) as workspace:
        model = modelling.train(workspace.connection, before, at=datetime.now(UTC), report=report)
        workspace.forget()
        return model


def write(model: Model, file: Path) -> None:
    """Write a model, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(encode(model))
    part.replace(file)


def _lines(file: Path) -> Iterator[CustomerLine]:
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield msgspec.json.decode(line, type=CustomerLine)
                except msgspec.DecodeError as error:
                    # The message names the place in the line, never the value there.
                    raise PopulationError(f"{file}, line {number}: {error}") from None
    except OSError as error:
        raise PopulationError(f"{file} cannot be read ({type(error).__name__})") from None
