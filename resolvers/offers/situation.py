"""The moment in which something is offered: through what, by whom, and what the customer is doing."""

from __future__ import annotations

import enum

import msgspec


class Doing(enum.Enum):
    """What the customer is doing at this moment."""

    BROWSING = "BROWSING"
    """Nothing in particular, or not known."""
    ASKING = "ASKING"
    """Asking about something that they have."""
    BUYING_INSURANCE = "BUYING_INSURANCE"
    """Taking out a policy."""
    SURRENDERING_POLICY = "SURRENDERING_POLICY"
    """Giving up a life or pension policy for its surrender value."""
    CLAIMING = "CLAIMING"
    """Reporting or following a claim."""
    OPENING_ACCOUNT = "OPENING_ACCOUNT"
    """Opening a bank account or a card."""
    BORROWING = "BORROWING"
    """Looking for a loan."""
    INVESTING = "INVESTING"
    """Moving money into or out of securities."""
    BOOKING_TRAVEL = "BOOKING_TRAVEL"
    """Booking a stay or a vehicle."""
    PAYING_LATE = "PAYING_LATE"
    """Talking about what is due and was not paid."""
    LEAVING = "LEAVING"
    """Ending a contract."""
    COMPLAINING = "COMPLAINING"
    """Telling of something that went wrong."""

    __hash__ = object.__hash__  # members are one of each: see resolvers.summaries.measures


class Channel(enum.Enum):
    """Through what an offer is made."""

    BRANCH = "BRANCH"
    """Face to face."""
    PHONE = "PHONE"
    """A call."""
    CHAT = "CHAT"
    """Messages with a person or an assistant."""
    WEB = "WEB"
    """A page that the customer is signed in to."""
    APP = "APP"
    """The customer's app."""
    EMAIL = "EMAIL"
    """An e-mail."""
    POST = "POST"
    """A letter."""

    __hash__ = object.__hash__


class Agent(enum.Enum):
    """Who makes an offer."""

    NOBODY = "NOBODY"
    """The customer serves themselves."""
    CLERK = "CLERK"
    """A person who may inform, not advise."""
    ADVISER = "ADVISER"
    """A person who may give financial advice."""
    ASSISTANT = "ASSISTANT"
    """A program that talks."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A moment in which something is offered."""

    doing: Doing = Doing.BROWSING
    channel: Channel | None = None
    """None where it is not said: then nothing depends on it."""
    agent: Agent | None = None


ANY = Situation()
"""Nothing is known of the moment."""
