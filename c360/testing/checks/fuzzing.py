"""Payloads generated from the partner's OpenAPI file, through the connector."""

from __future__ import annotations

from c360.testing.base import Exempt, Failed, check
from c360.testing.fuzz import CASES, fuzz
from c360.testing.lab import Lab
from c360.testing.openapi import Document


@check("fuzz-openapi", "Whatever the partner's API allows gives typed records or typed errors", rule="fuzz")
def fuzz_openapi(lab: Lab) -> None:
    """Some hundred answers made from the file, some of them broken in one place."""
    lab.needs_http()
    files = lab.suite.openapi_files()
    if not files:
        raise Exempt("the suite names no OpenAPI file")
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise Exempt(f"the OpenAPI file {missing[0]} is not here")
    lab.sound()
    finding = fuzz(lab, [Document.load(file) for file in files], cases=CASES)
    if finding.matched == 0:
        raise Failed(
            "no request of the connector is an operation of the OpenAPI file",
            "name the file that describes what the connector asks for",
        )
    if finding.problem:
        raise Failed(
            f"{finding.problem}; case {finding.case} of seed {finding.seed}, the smallest answers:\n"
            f"{finding.answers}",
            "decode into typed structs, and raise PartnerFault for what they cannot hold",
        )


CHECKS = (fuzz_openapi,)
