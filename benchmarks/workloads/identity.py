"""Linking a population: a hundred thousand records, then a million, from partners' records to groups."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import msgspec

from benchmarks.figures import Figure
from benchmarks.stage import historical
from c360.records.party import Party
from resolvers.identity.clusters import Member, cluster
from resolvers.identity.features import party_features
from resolvers.identity.model import load
from resolvers.identity.population import metrics, parties, tables
from resolvers.identity.population.deciding import Judge
from resolvers.identity.population.evaluate import evaluate
from resolvers.identity.scoring import bits
from sandbox.export import party
from sandbox.population.households import Registry
from sandbox.population.presences import Clerk

NAME = "linking a population"
SMALL, LARGE = 100_000, 1_000_000
SECONDS, GIGABYTES = 120.0, 4.0
FLAT = 1.5
"""How much more a record may cost among ten times as many."""
SHARDS = 8


@dataclass(frozen=True)
class Run:
    """What one size took."""

    records: int
    seconds: dict[str, float]
    quality: metrics.Quality

    @property
    def total(self) -> float:
        """Seconds of all steps."""
        return sum(self.seconds.values())


def run(folder: Path) -> list[Figure]:
    """The same work on two sizes, and clusters of made-up historical persons."""
    figures = []
    runs = [_linked(_generated(folder, size), size, folder) for size in (SMALL, LARGE)]
    for each in runs:
        figures += [
            Figure(workload=NAME, name=f"{each.records:,}: {step}", value=round(took, 1), unit="s")
            for step, took in each.seconds.items()
        ]
        figures += [
            Figure(
                workload=NAME,
                name=f"{each.records:,} records: end to end",
                value=round(each.total, 1),
                unit="s",
                bound=SECONDS,
            ),
            Figure(
                workload=NAME,
                name=f"{each.records:,} records: wrong of linked pairs",
                value=round(1000 * (1 - each.quality.precision), 3),
                unit="‰",
                bound=1.0,
                note=f"recall {each.quality.recall:.4f}",
            ),
        ]
    small, large = (each.total / each.records for each in runs)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    figures += [
        Figure(
            workload=NAME, name="a record, ratio", value=round(large / small, 2), unit="times", bound=FLAT
        ),
        Figure(
            workload=NAME,
            name="memory at most",
            value=round(max(own, 2 * theirs) / 2**20, 2),
            unit="GB",
            bound=GIGABYTES,
        ),
    ]
    return [*figures, *_historical(folder)]


def _generated(folder: Path, size: int) -> list[Path]:
    """Files of records as partners hold them, a JSON record a line, with whom they are of."""
    files = [folder / f"parties-{size}-{number}.jsonl" for number in range(SHARDS)]
    streams = [file.open("wb") for file in files]
    for number, (member, record) in enumerate(islice(_records(), size)):
        streams[number % SHARDS].write(msgspec.json.encode((member, record)) + b"\n")
    for stream in streams:
        stream.close()
    return files


def _records() -> Iterator[tuple[str, Party]]:
    registry, clerk = Registry(360), Clerk(360)
    for index, member in enumerate(registry.people(999_999)):
        for presence in clerk.presences(member, index):
            found = party(presence)
            yield member.id, msgspec.structs.replace(found, connector=presence.domain)


def _features(given: tuple[int, Path]) -> list[str]:
    """Write the features of a file of records; whom each is of, in order."""
    shard, file = given
    blocked = load().blocked
    truth: list[str] = []

    def rows() -> Iterator[tables.Row]:
        decoder = msgspec.json.Decoder(tuple[str, Party])
        with file.open("rb") as stream:
            for number, line in enumerate(stream):
                member, record = decoder.decode(line)
                truth.append(member)
                features = party_features(record, blocked=blocked)
                yield number * SHARDS + shard, record.connector or "", record.party_id, None, features

    tables.write(file.with_suffix(".parquet"), rows())
    return truth


def _linked(files: list[Path], size: int, folder: Path) -> Run:
    model, seconds = load(), {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        seconds[name] = now - clock
        clock = now

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        owners = pool.map(_features, enumerate(files), chunksize=1)
    lap("features")
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(folder)}) as connection:
        parties.create(connection, [file.with_suffix(".parquet") for file in files])
        parties.find_pairs(connection)
        lap("pairs")
        shared = parties.learn_shared(connection, model)
        parties.score(connection, model, shared, least=bits(model.thresholds.review))
        lap("scores")
        verified = dict(
            connection.execute(
                "SELECT row_id, verified_ids FROM parties WHERE len(verified_ids) > 0"
            ).fetchall()
        )
        connectors = dict(connection.execute("SELECT row_id, connector FROM parties").fetchall())
        judge = Judge(model, verified)
        result = connection.execute(
            "SELECT l, r, kind, levels, shared_emails, shared_phones, bits FROM scored"
        )

        def scored() -> Iterator[tuple[int, int, str, list[int], bool, bool, float]]:
            while batch := result.fetchmany(100_000):
                yield from batch

        edges = list(judge.edges(scored()))
        lap("judgements")
    involved = {record for edge in edges for record in (edge.left, edge.right)}
    members = (
        Member(record, connectors[record], tuple(verified.get(record, ()))) for record in sorted(involved)
    )
    apart = ((one, other) for one, other in judge.apart if one in involved and other in involved)
    found = cluster(members, edges, model.limits, apart)
    lap("groups")
    truth = {
        number * SHARDS + shard: owner
        for shard, some in enumerate(owners)
        for number, owner in enumerate(some)
    }
    groups = {record: group[0] for group in found.groups for record in group}
    return Run(size, seconds, metrics.of_clusters(groups, truth, metrics.true_pairs(truth)))


def _historical(folder: Path) -> list[Figure]:
    """Clusters of fifty thousand made-up records of historical persons."""
    name = "historical persons"
    file = folder / "historical.csv"
    records = historical.write(file)
    found = evaluate([file], "cluster", thresholds=[0.5])
    quality = found.rows[0].clusters
    return [
        Figure(workload=name, name=f"{records:,} records", value=round(found.seconds, 1), unit="s"),
        Figure(
            workload=name,
            name="clusters at .5: wrong pairs",
            value=round(100 * (1 - quality.precision), 2),
            unit="%",
            bound=5.0,
        ),
        Figure(
            workload=name,
            name="clusters at .5: missed pairs",
            value=round(100 * (1 - quality.recall), 2),
            unit="%",
            bound=25.0,
        ),
    ]
