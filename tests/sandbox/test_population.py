"""Who there is and how the partners know them: repeatable, varied, quick to look up."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta

import phonenumbers
import pytest

from sandbox.population import Population
from sandbox.population.households import EPOCH
from sandbox.population.naming import BLOCKED, without_accents
from sandbox.population.numbers import DOMAINS, cnpj, cpf, isin, luhn

TODAY = date(2026, 6, 15)

PRINT = """
import hashlib, datetime
from sandbox.population import Population
p = Population(people=40, companies=5, seed={seed}, today=datetime.date(2026, 6, 15))
told = repr([(m, sorted(p.member_presences(m.id).items()), p.life(m.id)) for m in p.members])
print(hashlib.sha256(told.encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def town() -> Population:
    return Population(people=1000, companies=50, seed=360, today=TODAY)


def test_the_same_in_every_process() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", PRINT.format(seed=seed)],
            env={"PYTHONHASHSEED": salt, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, salt in ((7, "1"), (7, "2"), (8, "1"))
    ]
    assert told[0] == told[1] != told[2]


def test_a_larger_population_has_the_smaller_one_in_it(town: Population) -> None:
    small = Population(people=100, companies=3, seed=360, today=TODAY)
    for member in small.members:
        assert town.member(member.id) == member
        assert town.member_presences(member.id) == small.member_presences(member.id)
    assert len(town.members) == 1050
    assert sum(member.organization for member in town.members) == 50


def test_a_later_day_has_the_same_people() -> None:
    first = Population(people=60, companies=5, seed=360, today=TODAY)
    later = Population(people=60, companies=5, seed=360, today=TODAY + timedelta(days=400))
    for domain in DOMAINS:
        assert first.presences(domain) == later.presences(domain)


def test_every_key_finds_its_presence(town: Population) -> None:
    for domain in DOMAINS:
        presences = town.presences(domain)
        assert len({presence.party_id for presence in presences}) == len(presences)
        for presence in presences:
            assert town.presence(domain, presence.party_id) is presence
            assert town.member_presences(presence.member_id)[domain] is presence
            if presence.email:
                assert presence in town.by_email(domain, presence.email.upper())
            if presence.phone:
                assert presence in town.by_phone(domain, presence.phone)
            assert (presence.token is not None) == (domain in {"banking", "insurance"})
            if presence.token:
                assert town.by_token(domain, presence.token) is presence
    assert town.presence("hotel", "no such guest") is None
    assert town.by_token("banking", "no such token") is None
    assert town.by_email("loyalty", "nobody@nowhere.example") == ()
    assert town.by_phone("rental", "+10000000000") == ()


def test_party_ids_are_in_each_partners_style(town: Population) -> None:
    style = {
        "banking": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "insurance": r"[0-9a-f]{24}",
        "brokerage": r"[1-9]\d{7}",
        "loyalty": r"[A-Z2-7]{26}",
        "hotel": r"[1-9]\d{8}",
        "rental": r"[\w-]{22}",
    }
    for domain, pattern in style.items():
        presences = town.presences(domain)
        assert presences
        for presence in presences:
            assert re.fullmatch(pattern, presence.party_id)


def test_members_are_known_to_one_to_six_partners(town: Population) -> None:
    held = Counter(len(town.member_presences(member.id)) for member in town.members)
    assert set(held) == {1, 2, 3, 4, 5, 6}
    assert held[2] + held[3] + held[4] + held[5] > 700
    assert held[1] > 50
    assert held[6] > 20


def test_partners_know_people_differently(town: Population) -> None:
    people = [member for member in town.members if not member.organization]
    presences = [(town.member(p.member_id), p) for domain in DOMAINS for p in town.presences(domain)]
    persons = [(member, presence) for member, presence in presences if not member.organization]
    seen = Counter(
        {
            "maiden name": sum(m.family_name != m.birth_family_name == p.family_name for m, p in persons),
            "no e-mail": sum(p.email is None for _, p in persons),
            "no phone": sum(p.phone is None for _, p in persons),
            "no birth date": sum(p.birth_date is None for _, p in persons),
            "wrong birth date": sum(p.birth_date not in {None, m.birth_date} for m, p in persons),
            "old address": sum(p.address == m.previous_address for m, p in persons),
            "shared phone": sum(p.phone == m.household_phone for m, p in persons),
            "shared e-mail": sum(p.email == m.household_email != m.email for m, p in persons),
            "e-mail in another case": sum(
                bool(p.email) and p.email != p.email.lower() for _, p in persons if p.email
            ),
            "native script": sum(not without_accents(p.family_name).isascii() for _, p in persons),
            "accents": sum(p.family_name != without_accents(p.family_name) for _, p in persons),
            "accents left out": sum(
                p.family_name == without_accents(m.family_name) != m.family_name for m, p in persons
            ),
            "blocked e-mail": sum(p.email in BLOCKED for _, p in persons),
            "nickname or short": sum(p.given_name != m.given_name for m, p in persons),
        }
    )
    least = {"blocked e-mail": 3, "wrong birth date": 5, "maiden name": 10, "native script": 20}
    assert {what: count for what, count in seen.items() if count < least.get(what, 25)} == {}
    assert seen["blocked e-mail"] < len(persons) / 100
    assert len({member.address.country for member in people}) >= 14


def test_namesakes_and_families(town: Population) -> None:
    people = [member for member in town.members if not member.organization]
    bearers: dict[tuple[str, str, str], set[date]] = {}
    for member in people:
        name = (member.given_name, member.family_name, member.address.city)
        bearers.setdefault(name, set()).add(member.birth_date)
    assert sum(len(births) > 1 for births in bearers.values()) >= 3
    assert any(len(town.household(member.household)) >= 3 for member in people)
    same_name_at_home = [
        (one, other)
        for one in people
        for other in town.household(one.household)
        if one.id < other.id and (one.given_name, one.sex) == (other.given_name, other.sex)
    ]
    assert same_name_at_home
    assert all(member.birth_date <= date(2007, 1, 1) for member in people)


def test_official_numbers_check(town: Population) -> None:
    assert cpf(111444777) == "11144477735"
    assert cnpj(11222333) == "11222333000181"
    assert isin("US", "037833100") == "US0378331005"
    assert luhn("7992739871") == "79927398713"
    for presence in town.presences("insurance"):
        again = cnpj(int(presence.tax_id[:8])) if presence.organization else cpf(int(presence.tax_id[:9]))
        assert presence.tax_id == again


def test_phone_numbers_are_valid(town: Population) -> None:
    valid = [phonenumbers.is_valid_number(phonenumbers.parse(m.phone)) for m in town.members]
    assert sum(valid) / len(valid) > 0.98


def test_addresses_and_mail_boxes_belong_to_nobody_real(town: Population) -> None:
    for domain in DOMAINS:
        assert all(p.email is None or p.email.lower().endswith(".example") for p in town.presences(domain))


def test_members_are_registered_before_the_day(town: Population) -> None:
    for domain in DOMAINS:
        for presence in town.presences(domain):
            assert presence.since <= presence.updated_at.date() <= EPOCH
            if not presence.organization:
                assert presence.since.year - town.member(presence.member_id).birth_date.year >= 18


@pytest.mark.parametrize(("people", "companies"), [(-1, 0), (100_001, 0), (0, 10_001)])
def test_sizes_out_of_range_are_refused(people: int, companies: int) -> None:
    with pytest.raises(ValueError, match="0 to"):
        Population(people=people, companies=companies, today=TODAY)


def test_a_day_before_the_register_is_refused() -> None:
    with pytest.raises(ValueError, match="later"):
        Population(people=1, companies=0, today=EPOCH)


def test_an_empty_population_is_possible() -> None:
    assert Population(people=0, companies=0, today=TODAY).members == ()


def test_registering_and_living_are_quick() -> None:
    began = time.process_time()
    crowd = Population(people=3000, companies=100, seed=1, today=TODAY)
    registered = time.process_time() - began
    began = time.process_time()
    for member in crowd.members[:100]:
        crowd.life(member.id)
    lived = time.process_time() - began
    # On an idle machine a tenth of these; a regression would be a factor, not a share.
    assert registered < 4
    assert lived < 2.5


def test_lives_are_kept(population: Population) -> None:
    member = population.members[0]
    assert population.life(member.id) is population.life(member.id)
    with pytest.raises(KeyError):
        population.life("nobody")


def test_fingerprint_of_the_default_population() -> None:
    """Changes only on purpose: databases seeded by an earlier version would not fit any more."""
    people = Population(people=20, companies=2, seed=360, today=TODAY)
    ids = [p.party_id + (p.token or "") for domain in DOMAINS for p in people.presences(domain)]
    assert hashlib.sha256("".join(ids).encode()).hexdigest()[:16] == "be0db1396da94566"
