"""ISO 4217: the codes of currencies in use, funds and precious metals."""

from __future__ import annotations

import functools

_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB
PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB
XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG
"""
_FORMER = "ANG HRK SLL ZWL MRO STD VEF BYR LTL LVL EEK CUC"
"""Left the list in recent years; partners still hold amounts in them."""


_MINOR_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""Of currencies whose minor unit is no hundredth, by its decimals."""


@functools.cache
def codes() -> frozenset[str]:
    """Every code of the standard, in use or not any more."""
    return frozenset(_CODES.split()) | frozenset(_FORMER.split())


def is_currency(code: str) -> bool:
    """Whether a text is a code of ISO 4217, in capitals as the standard writes it."""
    return code in codes()


@functools.cache
def minor_digits(code: str) -> int:
    """Decimals of a currency's minor unit, such as 2 for euros and cents, 0 for yen."""
    return next((digits for digits, found in _MINOR_DIGITS.items() if code in found.split()), 2)
