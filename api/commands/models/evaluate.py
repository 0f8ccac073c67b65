"""``python -m api models evaluate``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from api.commands.models import progress

_FILE = click.Path(path_type=Path, dir_okay=False)


def _json(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


@click.group(help="Run a model on anybody's file and print what it makes of it.")
def command() -> None:
    """Judge on a file."""


@command.command("lifetime-value", help="Fit BG/NBD and Gamma-Gamma to a file of purchases, one row each.")
@click.argument("file", type=_FILE)
@click.option("--customer", default="customer", show_default=True, help="Column with the customer.")
@click.option("--date", "day", default="date", show_default=True, help="Column with the day.")
@click.option("--amount", default="amount", show_default=True, help="Column with the amount.")
@click.option(
    "--calibration-end",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day that the models see; what the file holds beyond it judges them. Default: its last day.",
)
@click.option("--first", default=3, show_default=True, help="How many values of repeaters to print.")
@click.option(
    "--decimals", type=int, help="Round recency, age and mean to so many places, as published summaries do."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def lifetime_value(
    *,
    file: Path,
    customer: str,
    day: str,
    amount: str,
    calibration_end: datetime | None,
    first: int,
    decimals: int | None,
    as_json: bool,
) -> None:
    """Print parameters, likelihoods, values and, where the file goes on, correlations."""
    from resolvers.training.histories import Columns, read_histories
    from resolvers.training.lifetime_value import evaluate as judge
    from resolvers.training.reports import lifetime_value as written

    end: date | None = calibration_end.date() if calibration_end else None
    columns = Columns(customer=customer, date=day, amount=amount)
    found = read_histories(file, columns, calibration_end=end)
    evaluation = judge(found, first=first, decimals=decimals, report=progress)
    click.echo(_json(evaluation) if as_json else written(evaluation))


@command.command("option-pricing", help="Solve Merton's equations for one set of figures.")
@click.option("--equity", type=float, required=True, help="Value of the equity, as the market sees it.")
@click.option("--equity-vol", type=float, required=True, help="Its volatility a year, such as .8.")
@click.option("--debt", type=float, required=True, help="What falls due at the horizon.")
@click.option("--rate", type=float, default=0.0, show_default=True, help="Riskless rate a year, continuous.")
@click.option("--years", type=float, default=1.0, show_default=True, help="The horizon.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def option_pricing(
    *, equity: float, equity_vol: float, debt: float, rate: float, years: float, as_json: bool
) -> None:
    """Print assets, their volatility, the distance to default and the probability."""
    from resolvers.risk.merton import implied
    from resolvers.training.reports import option_pricing as written

    found = implied(equity=equity, equity_volatility=equity_vol, debt=debt, rate=rate, years=years)
    click.echo(_json(found) if as_json else written(found))


@command.command("scorecard", help="Cross-validate a scorecard by weight of evidence, and print its points.")
@click.argument("file", type=_FILE)
@click.option("--target", required=True, help="Column that tells good from bad.")
@click.option("--good", required=True, help="Its value for good.")
@click.option("--exclude", default="", help="Columns to leave out, separated by commas.")
@click.option("--folds", default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def scorecard(*, file: Path, target: str, good: str, exclude: str, folds: int, as_json: bool) -> None:
    """Print the area under the curve, Kolmogorov-Smirnov and the table of points."""
    from resolvers.training.reports import scorecard as written
    from resolvers.training.scorecard import evaluate as judge

    left_out = tuple(name.strip() for name in exclude.split(",") if name.strip())
    found = judge(file, target=target, good=good, exclude=left_out, folds=folds, report=progress)
    click.echo(_json(found) if as_json else written(found))


@command.command("propensity", help="Cross-validate a propensity model; score a second file with it.")
@click.argument("file", type=_FILE)
@click.option(
    "--target",
    required=True,
    help="Column that is 1 where the product is held; a number counts columns from 1.",
)
@click.option("--top", default=0.2, show_default=True, help="Share of the customers to be addressed.")
@click.option("--score", "second", type=_FILE, help="A second file, with the target or without.")
@click.option("--folds", default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def propensity(
    *, file: Path, target: str, top: float, second: Path | None, folds: int, as_json: bool
) -> None:
    """Print the area under the curve, the lift and, for the second file, hits in the top share."""
    from resolvers.training.propensity import evaluate as judge
    from resolvers.training.reports import propensity as written

    found = judge(file, target=target, top=top, second=second, folds=folds, report=progress)
    click.echo(_json(found) if as_json else written(found))
