"""Time zones after a time of day: offsets, abbreviations and IANA names."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOUR = timedelta(hours=1)
_OFFSETS = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Offsets in hours of `UTC`, `Z`, and the abbreviations for mail (RFC 5322, 4.3)."""
_WITHOUT_OFFSET = frozenset((
    "ACDT", "ACST", "ACWS", "ADT", "AEDT", "AEST", "AFT", "AKDT", "AKST", "AMT", "ART", "AST",
    "AWST", "AZT", "BDT", "BNT", "BOT", "BRST", "BRT", "BST", "BTT", "CAT", "CEST", "CET", "CHST",
    "CLST", "CLT", "COT", "EAT", "ECT", "EEST", "EET", "FJT", "GET", "GST", "HADT", "HAST", "HDT",
    "HKT", "HST", "ICT", "IDT", "IRDT", "IRST", "IST", "JST", "KGT", "KST", "LKT", "MART", "MEST",
    "MESZ", "MET", "MEZ", "MMT", "MSD", "MSK", "MUT", "MVT", "MYT", "NDT", "NFT", "NPT", "NST",
    "NZDT", "NZST", "OMST", "PET", "PETT", "PGT", "PHT", "PKT", "PYT", "SAMT", "SAST", "SBT",
    "SGT", "SRT", "SST", "THA", "TJT", "TLT", "TMT", "TOT", "TRT", "UYT", "UZT", "VET", "VLAT",
    "VUT", "WAST", "WAT", "WEST", "WET", "WIB", "WIT", "WITA", "YAKT", "YEKT",
))  # fmt: skip
"""Other abbreviations, whose offset is not assumed unless this machine's zone uses them."""

ZONE_PATTERN = (
    r"(?:Z(?!\w)"
    r"|[(]?(?:UTC|GMT|UT)?[+-]\d\d:?\d\d(?![\d:])"
    r"|[(]?(?:UTC|GMT)[+-]\d{1,2}(?![\d:])"
    r"|[\[(]?(?:[A-Z]{2,5}|utc|gmt)(?!\w)"
    r"|[\[(]?[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?(?![\w/]))"
)
"""A zone after a time of day, or a word that only looks like one, such as `INFO`."""
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2}):?(\d\d)?", re.ASCII)
_HALF_YEAR = timedelta(days=182)


class Zones(NamedTuple):
    """Time zones for parsing timestamps."""

    lines: tzinfo = UTC
    """Zone of times without an offset."""
    local: tzinfo = UTC
    """Zone of this machine, whose abbreviations are recognized."""


class UnknownZoneError(ValueError):
    """The text is a zone, but its offset is unknown or impossible."""


@lru_cache(maxsize=256)
def zones_of(zone_text: str, local_zone: tzinfo, year: int) -> tuple[tzinfo, ...]:
    """Return the possible zones for a text that matches `ZONE_PATTERN`, the most likely first.

    Empty if it is not a known zone. `local_zone` is that of this machine; the abbreviations that it
    uses in `year` are recognized too.

    Raises:
        UnknownZoneError: the text is an abbreviation without a known offset, or an offset of a day
            or more.
    """
    text = zone_text.lstrip("[(")
    if offset := _OFFSET.fullmatch(text):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        if ahead >= 24 * _HOUR:
            raise UnknownZoneError(text)
        return (timezone(ahead if offset[1] == "+" else -ahead),)
    if "/" in text:
        try:
            return (ZoneInfo(text),)
        except (LookupError, ValueError, OSError):
            return ()
    name = text.upper()
    zones = [timezone(ahead) for ahead in _local_offsets(name, local_zone, year)]
    if name in _OFFSETS:
        zones.append(UTC if not _OFFSETS[name] else timezone(_OFFSETS[name] * _HOUR))
    if not zones and name in _WITHOUT_OFFSET:
        raise UnknownZoneError(text)
    return tuple(dict.fromkeys(zones))


def _local_offsets(name: str, local_zone: tzinfo, year: int) -> list[timedelta]:
    """Return the offsets that this machine's zone calls `name` in January or July."""
    offsets = []
    try:
        january = datetime(year, 1, 2, 12, tzinfo=local_zone)
        for moment in (january, january + _HALF_YEAR):
            ahead = moment.utcoffset()
            if moment.tzname() == name and ahead is not None:
                offsets.append(ahead)
    except (ValueError, OverflowError):
        return []
    return offsets
