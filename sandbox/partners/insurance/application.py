"""Routes of the insurer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.partners.insurance import answers, claims, consent_api, customers, policies, premiums
from sandbox.partners.insurance.access import customer_operation
from sandbox.partners.insurance.consents import CLIENT_ID, CLIENT_SECRET
from sandbox.partners.insurance.products import Api

BASE_PATH = "/open-insurance"
"""Where the API starts, below the application's root."""

CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "token_url": "{origin}/open-insurance/oauth/token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
)
"""What the connector's settings carry, for consents alone: any other request has its customer's token."""


def app(world: World) -> Starlette:
    """The insurer's application."""

    def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
        return answers.error(world, status, message, headers)

    return partner_app(
        world,
        [*_customers(), *(route for api in Api for route in _policies(api)), *consent_api.routes()],
        name="insurance",
        error_renderer=render_error,
    )


def _customers() -> list[Route]:
    base = f"{BASE_PATH}/customers/v2"
    return [
        Route(
            f"{base}/personal/identifications",
            customer_operation(
                "2.0.0", "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", customers.personal, uuid=True
            ),
        ),
        Route(
            f"{base}/business/identifications",
            customer_operation(
                "2.0.0", "CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ", customers.business, uuid=True
            ),
        ),
    ]


def _policies(api: Api) -> list[Route]:
    handlers = {
        "": ("READ", policies.listing(api)),
        "/{policyId}/policy-info": ("POLICYINFO_READ", policies.details(api)),
        "/{policyId}/premium": ("PREMIUM_READ", premiums.premium(api)),
        "/{policyId}/claim": ("CLAIM_READ", claims.claims(api)),
    }
    return [
        Route(
            f"{api.path}{path}",
            customer_operation(api.version, f"DAMAGES_AND_PEOPLE_{api.name}_{permission}", handler),
        )
        for path, (permission, handler) in handlers.items()
    ]
