"""Income, housing, bills, loans, saving, the card, interest and fees."""

from __future__ import annotations

from datetime import datetime

from sandbox.population.chronicle import OWED, Chronicle
from sandbox.population.model import AccountType, BankAccount, EventKind
from sandbox.population.temper import Job


def plan(life: Chronicle) -> None:
    """Put a person's month at the bank on the calendar."""
    if life.everyday is None or not life.knows("banking", life.month.end):
        return
    _plan_income(life)
    _plan_housing(life)
    plan_debts(life)
    life.plan(life.month.at(27, 8), _put_aside)
    plan_month_end(life)


def plan_debts(life: Chronicle) -> None:
    """Put loan instalments and the card payment on the calendar."""
    for account in life.holdings.accounts:
        if account.type is AccountType.MORTGAGE or account.type is AccountType.PERSONAL_LOAN:
            _plan_loan(life, account)
        elif account.type is AccountType.TERM_DEPOSIT and life.start <= account.opened:
            _plan_lodging(life, account)
    if life.card is not None:
        life.plan(life.month.at(21, 6), _pay_card)


def plan_month_end(life: Chronicle) -> None:
    """Put interest and fees of every account on the calendar."""
    life.plan(life.month.at(31, 10), _settle_month)


def _plan_income(life: Chronicle) -> None:
    month, rng, temper = life.month, life.rng, life.temper
    job = temper.job(month.number)
    if not job.regular:
        # Feast and famine: one to three invoices, more before Christmas and few in January.
        season = 0.6 if month.month == 1 else 1.3 if month.month in {11, 12} else 1.0
        for _ in range(1 + int(3 * rng.random())):
            cents = int(job.cents * season * (0.15 + 0.8 * rng.random()))
            life.plan(
                month.at(1 + int(28 * rng.random()), 11),
                _earn,
                cents,
                f"Invoice {int(9000 * rng.random()) + 1000}",
            )
        return
    cents = job.cents * (100 + 3 * min(10, (month.number - max(job.first, 2019 * 12)) // 12)) // 100
    if temper.bonus and month.month == 12 and not job.out_of_work:
        cents = cents * 8 // 5
    life.plan(month.at(job.payday, 5), _earn, cents // 100 * 100 + 37, _pay_text(job))


def _pay_text(job: Job) -> str:
    return (
        job.payer
        if job.out_of_work or "Fund" in job.payer or "support" in job.payer
        else f"Salary {job.payer}"
    )


def _earn(life: Chronicle, at: datetime, cents: int, text: str) -> None:
    life.receive(life.deed("S", at), EventKind.SALARY, at, cents, text)


def _plan_housing(life: Chronicle) -> None:
    month, temper, rng = life.month, life.temper, life.rng
    owner = life.holdings.account(AccountType.MORTGAGE)
    if owner is None or owner.opened > month.at(1).date():
        raised = temper.rent * (100 + 3 * (month.year - 2023)) // 100
        life.plan(month.at(1 + len(life.member.id + life.member.family_name) % 5, 7), _bill, raised, "Rent")
    if month.month % 3 == len(life.member.family_name) % 3:
        winter = 1.5 if month.month in {6, 7, 8} else 1.0
        life.plan(
            month.at(12, 7), _bill, int((14_000 + 12_000 * rng.random()) * winter), "Lumen Energy electricity"
        )
    life.plan(
        month.at(18, 7), _bill, 4_500 + 1_000 * (len(life.member.household_email) % 5), "Telco mobile plan"
    )


def _bill(life: Chronicle, at: datetime, cents: int, text: str) -> None:
    # Who cannot pay a bill in full is let off until the next one.
    if life.funds() > cents // 2:
        life.pay(life.deed("B", at), EventKind.RENT_OR_BILL, at, cents, text)


def _plan_loan(life: Chronicle, loan: BankAccount) -> None:
    first = life.month.at(1).date()
    opened_now = loan.opened >= life.start and loan.opened.replace(day=1) == first
    if opened_now:
        life.plan(life.month.at(loan.opened.day, 10), _draw_loan, loan)
    elif loan.opened < first and life.cents.get(loan.id, 0) < 0:
        life.plan(life.month.at(min(loan.opened.day, 28), 4), _pay_instalment, loan)


def _plan_lodging(life: Chronicle, deposit: BankAccount) -> None:
    if deposit.opened.replace(day=1) == life.month.at(1).date():
        life.plan(life.month.at(deposit.opened.day, 10), _lodge, deposit)


def _lodge(life: Chronicle, at: datetime, deposit: BankAccount) -> None:
    """Bring money from another bank; it stays and bears interest."""
    cents = int((deposit.principal or 0) * 100)
    life.cents[deposit.id] += cents
    deed = life.deed("T", at)
    life.enter(deed, EventKind.TRANSFER, "banking", at, cents=cents, counter=deposit.id, text="Lodgement")


def _draw_loan(life: Chronicle, at: datetime, loan: BankAccount) -> None:
    cents = int((loan.principal or 0) * 100)
    deed = life.deed("L", at)
    if loan.type is AccountType.PERSONAL_LOAN and life.everyday:
        life.move(
            deed, EventKind.TRANSFER, at, cents, "Loan paid out", source=loan.id, target=life.everyday.id
        )
    else:
        life.pay(deed, EventKind.TRANSFER, at, cents, "Settlement of purchase", account=loan)


def instalment(loan: BankAccount) -> int:
    """The constant monthly instalment of a loan, in cents."""
    if loan.principal is None or loan.term_end is None:
        return 0
    months = (loan.term_end.year - loan.opened.year) * 12 + loan.term_end.month - loan.opened.month
    monthly = float(loan.rate) / 12
    return int(float(loan.principal) * 100 * monthly / (1 - (1 + monthly) ** -months))


def owed_after(loan: BankAccount, months: int) -> int:
    """What is still owed on a loan after that many instalments, in cents."""
    monthly = float(loan.rate) / 12
    growth = (1 + monthly) ** months
    principal = float(loan.principal or 0) * 100
    return max(0, int(principal * growth - instalment(loan) * (growth - 1) / monthly))


def _pay_instalment(life: Chronicle, at: datetime, loan: BankAccount) -> None:
    if life.everyday is None:
        return
    cents = min(instalment(loan), -life.cents[loan.id])
    if life.funds() >= cents:
        text = "Home loan instalment" if loan.type is AccountType.MORTGAGE else "Personal loan instalment"
        life.move(
            life.deed("L", at),
            EventKind.LOAN_INSTALMENT,
            at,
            cents,
            text,
            source=life.everyday.id,
            target=loan.id,
        )
    else:
        life.pay(life.deed("F", at), EventKind.FEE, at, 1_500, "Missed instalment fee", account=loan)


def _pay_card(life: Chronicle, at: datetime) -> None:
    if life.card is None or life.everyday is None:
        return
    owed = -life.cents[life.card.id]
    if owed <= 0:
        return
    least = min(owed, max(3_000, owed // 20))
    wanted = owed if life.temper.pays_card_in_full else min(owed, least + int(0.3 * owed * life.rng.random()))
    cents = wanted if life.funds() >= wanted else least
    if life.funds() >= cents:
        life.move(
            life.deed("C", at),
            EventKind.CARD_PAYMENT,
            at,
            cents,
            "Card payment",
            source=life.everyday.id,
            target=life.card.id,
        )
    else:
        life.pay(life.deed("F", at), EventKind.FEE, at, 2_000, "Late payment fee", account=life.card)


def _put_aside(life: Chronicle, at: datetime) -> None:
    """Save the usual share and let go of what is beyond the cushion; in need, take savings back."""
    if life.everyday is None:
        return
    saves = life.savings if life.savings and life.savings.opened <= at.date() else None
    funds, means = life.funds(), life.temper.means
    if saves and funds < means // 4:
        cents = min(life.cents[saves.id], means // 2 - funds)
        if cents > 5_000:
            life.move(
                life.deed("T", at),
                EventKind.TRANSFER,
                at,
                cents,
                "From savings",
                source=saves.id,
                target=life.everyday.id,
            )
        return
    spare = funds - int(means * life.temper.cushion)
    if saves:
        cents = min(int(means * life.temper.saves), spare) // 1_000 * 1_000
        if cents > 0:
            life.move(
                life.deed("T", at),
                EventKind.TRANSFER,
                at,
                cents,
                "To savings",
                source=life.everyday.id,
                target=saves.id,
            )
            spare -= cents
    # The rest of the household's spending, school fees, presents, a pension fund elsewhere.
    cents = int(spare * (0.5 + 0.5 * life.rng.random())) // 1_000 * 1_000
    if cents > 0:
        life.pay(life.deed("T", at), EventKind.TRANSFER, at, cents, "Transfer to other bank")


def _settle_month(life: Chronicle, at: datetime) -> None:
    for account in life.holdings.accounts:
        balance = life.cents[account.id]
        monthly = float(account.rate) / 12
        if account.opened >= at.date() or not balance:
            continue
        if account.type in OWED:
            in_full = account.type is AccountType.CREDIT_CARD and life.temper.pays_card_in_full
            charged = 0 if in_full else int(-balance * monthly)
            if charged > 0:
                life.pay(
                    life.deed("I", at), EventKind.INTEREST, at, charged, "Interest charged", account=account
                )
        elif balance * monthly >= 1:
            credited = int(balance * monthly)
            life.cents[account.id] += credited
            deed = life.deed("I", at)
            life.enter(
                deed,
                EventKind.INTEREST,
                "banking",
                at,
                cents=credited,
                holding=account.id,
                text="Interest paid",
            )
    if life.everyday and life.funds() < 0:
        life.pay(life.deed("F", at), EventKind.FEE, at, 1_000, "Overdrawn account fee")
