"""The truth leaves the sandbox in the hub's import format: complete, repeatable, whole or not at all."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import msgspec
import pytest

from c360.contract import KeyKind
from c360.enrolment import CustomerLine
from c360.records.party import PartyKind
from sandbox.__main__ import main
from sandbox.export import export, lines
from sandbox.population import Population

SIZE = ["--people", "60", "--companies", "5", "--today", "2026-06-15"]


@pytest.fixture
def exported(population: Population, tmp_path: Path) -> list[CustomerLine]:
    file = tmp_path / "links.jsonl"
    assert export(population, file) == 65
    decoder = msgspec.json.Decoder(CustomerLine)
    return [decoder.decode(line) for line in file.read_bytes().splitlines()]


def test_every_member_and_link_is_there(population: Population, exported: list[CustomerLine]) -> None:
    assert [line.external_id for line in exported] == [member.id for member in population.members]
    for line in exported:
        member = population.member(line.external_id)
        held = population.member_presences(member.id)
        assert [link.connector for link in line.links] == list(held)
        assert (line.kind is PartyKind.ORGANIZATION) == member.organization
        for link in line.links:
            presence = held[link.connector]
            assert link.party.party_id == presence.party_id
            assert link.party.birth_date == presence.birth_date
            assert link.party.emails == ((presence.email,) if presence.email else ())
            assert (link.party.organization_name is not None) == member.organization
            assert (link.grant.token if link.grant else None) == presence.token


def test_keys_are_the_numbers_of_what_is_held(population: Population, exported: list[CustomerLine]) -> None:
    seen: set[KeyKind] = set()
    for line in exported:
        life = population.life(line.external_id)
        for link in line.links:
            keys = {(key.kind, key.value) for key in link.keys}
            seen |= {kind for kind, _ in keys}
            if link.connector == "banking":
                accounts = {(KeyKind.ACCOUNT_NUMBER, account.number) for account in life.accounts}
                assert accounts <= keys
            if link.connector == "insurance":
                assert {(KeyKind.POLICY_NUMBER, policy.id) for policy in life.policies} <= keys
    assert {KeyKind.ACCOUNT_NUMBER, KeyKind.POLICY_NUMBER, KeyKind.MEMBERSHIP_NUMBER, KeyKind.TAX_ID} <= seen


def test_numbers_belong_to_one_member_alone() -> None:
    crowd = Population(people=3000, companies=100, seed=5, today=date(2026, 6, 15))
    accounts = [a for m in crowd.members for a in crowd.holdings(m.id).accounts]
    policies = [p for m in crowd.members for p in crowd.holdings(m.id).policies]
    assert len({account.number for account in accounts}) == len(accounts)
    assert len({account.id for account in accounts}) == len(accounts)
    assert len({policy.id for policy in policies}) == len(policies)


def test_the_command_writes_the_same_file_every_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two" / "links.jsonl"
    assert main(["export", "--out", str(one), *SIZE]) == 0
    assert main(["export", "--out", str(two), *SIZE]) == 0
    assert one.read_bytes() == two.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert "65 customers" in capsys.readouterr().err


def test_large_exports_report_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = ["--people", "5000", "--companies", "0", "--today", "2026-06-15"]
    assert main(["export", "--out", str(tmp_path / "links.jsonl"), *size]) == 0
    told = capsys.readouterr()
    assert "5,000 of 5,000 customers written" in told.err
    assert told.out == ""


def test_a_failed_export_leaves_the_old_file(population: Population, tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    file.write_text("old")

    def interrupted(written: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(population, file, progress=interrupted)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["export", "--out", str(tmp_path / "file" / "links.jsonl"), *SIZE]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "cannot write" in told


@pytest.mark.parametrize("wrong", [["--people", "100001"], ["--companies", "-1"], ["--today", "2020-01-01"]])
def test_wrong_sizes_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main(["export", "--out", str(tmp_path / "links.jsonl"), *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_line_is_plain_json(population: Population, tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    export(population, file)
    first = json.loads(file.read_text("utf-8").splitlines()[0])
    assert set(first) == {"external_id", "kind", "links"}


def test_the_back_office_knows_everybody_by_the_companys_number(population: Population) -> None:
    for line in lines(population, back_office=True):
        *partners, in_house = line.links
        assert (in_house.connector, in_house.party.party_id) == ("workorders", line.external_id)
        assert "workorders" not in {link.connector for link in partners}
