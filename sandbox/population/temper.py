"""What kind of person somebody is: their work, their habits, their carelessness."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sandbox.population.model import Member
from sandbox.population.origins import pick

_FIRST_MONTH = 2019 * 12
_LAST_MONTH = 2045 * 12
_EMPLOYERS = (
    "Northwind Freight",
    "Harbour City Council",
    "Meridian Health",
    "Banksia Schools",
    "Kestrel Software",
    "Orchard Retail",
    "Southern Rail",
    "Ironbark Mining",
    "Lumen Energy",
    "Paperbark Press",
    "Wattle Insurance Services",
    "Castlereagh Hotels",
)


@dataclass(frozen=True, slots=True)
class Job:
    """Where money comes from for a while. Months are counted as ``year * 12 + month - 1``."""

    first: int
    last: int
    cents: int
    """A month's pay after tax, in AUD."""
    payer: str
    payday: int
    regular: bool
    """Paid once a month, or in invoices now and then."""
    out_of_work: bool = False


@dataclass(frozen=True, slots=True)
class Temper:
    """The constants of one life."""

    jobs: tuple[Job, ...]
    means: int
    """A usual month's income in AUD cents; expenses are in proportion to it."""
    bonus: bool
    rent: int
    grocery_days: int
    """Days from one big shopping to the next."""
    outings: float
    """Restaurants and the like per month."""
    treats: float
    """Other purchases per month."""
    plastic: float
    """Share of purchases put on the credit card."""
    pays_card_in_full: bool
    saves: float
    """Share of income put aside."""
    cushion: float
    """Usual months' income left in the everyday account; what is beyond goes elsewhere."""
    forgets: float
    """How often a premium is forgotten."""
    reckless: float
    """Accidents per year."""
    trip_months: tuple[int, ...]
    """Months in which a journey is the custom."""
    on_business: bool
    comfort: float
    """What is spent on a room, as a multiple of a plain one."""
    drives: float
    """How often a journey includes a rented car."""
    fickle: float
    """How often a booking is cancelled."""
    collects: float
    """How often the loyalty card is shown."""
    redeems_at: int
    """Points at which a reward is taken."""
    trades: float
    """Trades per month beyond the savings plan."""
    plan: bool
    """Whether a sum goes to the custodian every month."""

    def job(self, month: int) -> Job:
        """The job in a month."""
        return next((job for job in self.jobs if job.last >= month), self.jobs[-1])


def temper_of(member: Member, seed: int) -> Temper:
    """What kind of person a member is; companies have business travellers and fleets."""
    rng = Random(f"{seed}/temper/{member.id}")
    jobs = _turnover(rng) if member.organization else _career(member, rng)
    usual = sorted(job.cents for job in jobs)[len(jobs) // 2]
    business = member.organization or (rng.random() < 0.1 and usual > 400_000)
    wanderlust = rng.random()
    return Temper(
        jobs=jobs,
        means=usual,
        bonus=rng.random() < 0.35,
        rent=int(usual * (0.2 + 0.16 * rng.random())) // 500 * 500,
        grocery_days=6 + int(rng.random() * 9),
        outings=2.6 * rng.random() ** 2,
        treats=0.3 + 1.6 * rng.random() ** 2,
        plastic=rng.random(),
        pays_card_in_full=rng.random() < 0.65,
        saves=max(0.0, 0.3 * rng.random() - 0.06),
        cushion=0.05 if rng.random() < 0.22 else 0.3 + 2.5 * rng.random() ** 2,
        forgets=0.06 * rng.random() ** 4,
        reckless=0.3 if rng.random() < 0.15 else 0.06 * rng.random(),
        trip_months=tuple(range(1, 13)) if business else _custom(wanderlust, rng),
        on_business=business,
        comfort=0.7 + 1.8 * rng.random() ** 2,
        drives=rng.random() * 0.9,
        fickle=0.25 if rng.random() < 0.2 else 0.05,
        collects=rng.random() ** 0.5,
        redeems_at=500 * (1 + int(rng.random() ** 2 * 24)),
        trades=1.5 * rng.random() if rng.random() < 0.25 else 0.08,
        plan=rng.random() < 0.6,
    )


def _custom(wanderlust: float, rng: Random) -> tuple[int, ...]:
    """Months of custom: most people travel in the holidays, some hardly ever."""
    count = 1 if wanderlust < 0.35 else 2 if wanderlust < 0.7 else 3 if wanderlust < 0.9 else 5
    usual = (7, 8, 12, 4, 9, 10, 2, 6, 1, 5, 3, 11)
    return tuple(sorted({usual[int(rng.random() ** 1.6 * 12)] for _ in range(count)}))


def _turnover(rng: Random) -> tuple[Job, ...]:
    """A company's sales: one long stretch, and for some a second one that is better or worse."""
    monthly = int(2_000_000 * 10 ** (1.1 * rng.random()))
    turn = 2023 * 12 + int(rng.random() * 60)
    factor = 0.45 if rng.random() < 0.2 else 0.9 + 0.4 * rng.random()
    return (
        Job(_FIRST_MONTH, turn, monthly, "Customers", 1, regular=False),
        Job(turn + 1, _LAST_MONTH, int(monthly * factor), "Customers", 1, regular=False),
    )


def _career(member: Member, rng: Random) -> tuple[Job, ...]:
    age = 2025 - member.birth_date.year
    draw = rng.random()
    if age >= 66:
        pension = int(160_000 + 280_000 * rng.random() ** 2)
        return (Job(_FIRST_MONTH, _LAST_MONTH, pension, "Age Pension Fund", 14, regular=True),)
    if draw < 0.07:
        keep = int(90_000 + 120_000 * rng.random())
        return (Job(_FIRST_MONTH, _LAST_MONTH, keep, "Family support", 2, regular=True),)
    if draw < 0.22 and age > 25:
        sales = int(220_000 + 700_000 * rng.random() ** 2)
        return (Job(_FIRST_MONTH, _LAST_MONTH, sales, "Invoice", 10, regular=False),)
    return _employment(age, rng)


def _employment(age: int, rng: Random) -> tuple[Job, ...]:
    rank = rng.random()
    if rank < 0.4 or age < 23:
        pay = 290_000 + 130_000 * rng.random()
    elif rank < 0.82:
        pay = 420_000 + 330_000 * rng.random()
    else:
        pay = 750_000 + 850_000 * rng.random() ** 2
    jobs: list[Job] = []
    month = _FIRST_MONTH
    while month < _LAST_MONTH:
        stays = 10 + int(80 * rng.random())
        employer = str(pick(rng, _EMPLOYERS))
        payday = (15, 20, 25, 28)[int(rng.random() * 4)]
        jobs.append(Job(month, month + stays, int(pay), employer, payday, regular=True))
        month += stays + 1
        if rng.random() < 0.35:
            gap = 1 + int(8 * rng.random())
            jobs.append(
                Job(month, month + gap - 1, 140_000, "Services Benefit", 12, regular=True, out_of_work=True)
            )
            month += gap
        pay *= 0.85 + 0.4 * rng.random()
    return tuple(jobs)
