"""A partner without an API: a file of members, one JSON object a line; and its suite."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from c360.config import ConnectorConfig
from c360.contract import Connector, Description, Exemption, Fetch, Fetched, Lookup, Medium, Need, Ref
from c360.errors import PartnerFault, Reconfigure, RetryLater, SkipCustomer
from c360.hooks import hookimpl
from c360.records.party import Party
from c360.testing import ConnectorSuite, Known, SourceFault

ROWS = ({"id": "N-1", "name": "Ada Example"}, {"id": "N-2", "name": "Bela Example"})
END = '{"end": true}'


class RegisterConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Where the register is."""

    base_url: Annotated[str, Meta(description="Not used: the register is a file.")] = "file://register"
    file: Annotated[str, Meta(description="The file of members.")]


class Row(msgspec.Struct):
    id: str
    name: str


class GoodRegister(Connector[RegisterConfig]):
    """Reads the whole register for each call; the last line says that it is whole."""

    description: ClassVar[Description] = Description(
        name="good_register",
        title="Good Register",
        domain="loyalty",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind="party.profile", batch=100),),
        config=RegisterConfig,
        medium=Medium.FILES,
        documentation="https://register.example/format",
        exemptions=tuple(
            Exemption(rule=rule, reason="the register is a list of names")
            for rule in ("identify", "feeds", "webhooks", "actions")
        ),
    )

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        rows = self.rows() if refs else {}
        for need in needs:
            for ref in refs:
                row = rows.get(ref.party_id)
                if row is None:
                    yield Fetched(ref=ref, kind=need.kind, error=SkipCustomer())
                else:
                    party = Party(party_id=row.id, full_name=row.name)
                    yield Fetched(ref=ref, kind=need.kind, records=(party,))

    def rows(self) -> dict[str, Row]:
        lines = self.lines()
        if lines[-1] != END:
            raise PartnerFault("the register ends in the middle")
        return {row.id: row for row in map(self.row, lines[:-1])}

    def lines(self) -> list[str]:
        try:
            return Path(self.config.file).read_text("utf-8").splitlines() or [""]
        except FileNotFoundError:
            if Path(self.config.file).parent.is_dir():
                raise Reconfigure("the file is not there") from None
            raise RetryLater("the folder is not there") from None
        except OSError:
            raise Reconfigure("the file cannot be read") from None

    def row(self, line: str) -> Row:
        try:
            return msgspec.json.decode(line, type=Row)
        except msgspec.MsgspecError:
            raise PartnerFault("a line of the register has another form") from None


class RegisterSuite(ConnectorSuite):
    """What there is to check connectors to the register with."""

    connector = GoodRegister
    customers = (
        Known(party_id="N-1", records={"party.profile": 1}),
        Known(party_id="N-2", records={"party.profile": 1}),
    )
    unknown = "N-404"

    def setup(self, folder: Path) -> Mapping[str, Any]:
        return {"file": str(_written(folder, [*map(json.dumps, ROWS), END]))}

    def fault(self, fault: SourceFault, folder: Path) -> Mapping[str, Any] | None:
        rows = [dict(row) for row in ROWS]
        match fault:
            case SourceFault.UNREACHABLE:
                return {"file": str(folder / "gone" / "register.jsonl")}
            case SourceFault.REFUSED:
                return {"file": str(folder)}
            case SourceFault.MISSING:
                return {"file": str(folder / "other.jsonl")}
            case SourceFault.RETYPED:
                _written(folder, [json.dumps({**row, "name": [1]}) for row in rows] + [END])
            case SourceFault.ADDED:
                _written(folder, [json.dumps({**row, "more": 1}) for row in rows] + [END])
            case SourceFault.TRUNCATED:
                _written(folder, [json.dumps(rows[0])])
        return {}


def _written(folder: Path, lines: Sequence[str]) -> Path:
    file = folder / "register.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    return file


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return (GoodRegister,)
