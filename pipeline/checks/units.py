"""Measures in running copy: a number and its unit, by the names and symbols that CLDR has for each language."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import regex
from babel import Locale, UnknownLocaleError
from babel.units import UnknownUnitError, format_unit

from pipeline.checks.tags import language_of, scripts_of

_METRES = {"millimeter": 0.001, "centimeter": 0.01, "meter": 1, "kilometer": 1_000}
_FEET = {"inch": 0.0254, "foot": 0.3048, "yard": 0.9144, "mile": 1_609.344}
_LITRES = {"milliliter": 0.001, "centiliter": 0.01, "deciliter": 0.1, "liter": 1}
_GALLONS = {"fluid-ounce": 0.02957, "pint": 0.4732, "quart": 0.9464, "gallon": 3.785}
_GRAMS = {"milligram": 0.001, "gram": 1, "kilogram": 1_000, "tonne": 1_000_000}
_POUNDS = {"ounce": 28.35, "pound": 453.6}
_BYTES = {"kilobyte": 1, "megabyte": 1_000, "gigabyte": 1_000_000, "terabyte": 1_000_000_000}
_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,
    "year": 31_556_952,
}

SIZES: dict[str, float] = {
    f"{dimension}-{unit}": size
    for dimension, units in (
        ("length", _METRES | _FEET),
        ("volume", _LITRES | _GALLONS),
        ("mass", _GRAMS | _POUNDS),
        ("digital", _BYTES),
        ("duration", _SECONDS),
        ("temperature", {"celsius": 1, "fahrenheit": 1}),
    )
    for unit, size in units.items()
}
"""Units that copy measures in, by their CLDR name, each in one unit of its dimension; degrees convert otherwise."""

_ALSO = {"mass-ounce": "volume-fluid-ounce"}
"""Copy writes `oz` for both."""

_SYMBOLS = Locale("en")
"""Whose symbols stand in copy of other scripts, too: 5 GB, 4 °C."""

_COUNTS = (1, 2, 3, 5, 11, 100)
"""Numbers that between them ask for every plural form there is."""

_NUMBER = r"\p{Nd}{1,3}(?:[ \u00a0\u202f'’]\p{Nd}{3})+|[\p{Nd}.,٫٬]*\p{Nd}"
_BARE = regex.compile(r"[\p{Nd}.,٫٬\u200e\u200f\u061c]+")

_ROUNDED = 0.07
"""How far a converted figure may be from the exact one: copy rounds 10 miles to 16 km, 12 oz to 350 ml."""


class Measure(NamedTuple):
    """A number with a unit; `units` has several where a symbol is ambiguous (`m`). Offsets are of the whole."""

    value: float
    units: frozenset[str]
    start: int
    end: int


def find_measures(text: str, locale: str) -> Iterator[Measure]:
    """Yield every number with a unit that the locale's language names; a bare number is none."""
    labels = unit_labels(language_of(locale))
    for found in _measure_pattern(language_of(locale)).finditer(text) if labels else ():
        units = labels[found["unit"].casefold()]
        yield Measure(value_of(found["number"]), units, found.start("number"), found.end("unit"))


def same_size(one: Measure, other: Measure) -> bool:
    """Whether two measures are one quantity: in the same unit, or converted into another and rounded."""
    return any(_agree(one.value, a, other.value, b) for a in one.units for b in other.units)


def value_of(number: str) -> float:
    """A written number; a separator before exactly three digits groups, any other begins the decimals."""
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else "." if c in ".,٫٬" else "" for c in number)
    whole, dot, rest = digits.rpartition(".")
    if dot and len(rest) != 3:  # noqa: PLR2004 (a group)
        return float(f"{whole.replace('.', '') or 0}.{rest or 0}")
    return float(digits.replace(".", "") or 0)


def _agree(value: float, unit: str, other_value: float, other_unit: str) -> bool:
    if unit == other_unit:
        return value == other_value
    if unit.partition("-")[0] != other_unit.partition("-")[0]:
        return False
    if unit.startswith("temperature"):
        celsius, fahrenheit = (value, other_value) if unit.endswith("celsius") else (other_value, value)
        return abs(celsius * 9 / 5 + 32 - fahrenheit) <= 2  # noqa: PLR2004 (degrees)
    size, other_size = value * SIZES[unit], other_value * SIZES[other_unit]
    return abs(size - other_size) <= _ROUNDED * max(size, other_size)


@cache
def unit_labels(language: str) -> Mapping[str, frozenset[str]]:
    """The names and symbols of units in a language, folded, each with the units it may stand for."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for known in (locale,) if "Latn" in scripts_of(language) else (locale, _SYMBOLS):
        for unit in SIZES:
            for label in _labels_of(unit, known):
                labels[label] |= {unit, _ALSO.get(unit, unit)}
    return {label: frozenset(units) for label, units in labels.items()}


def _labels_of(unit: str, locale: Locale) -> Iterator[str]:
    for length in ("short", "narrow", "long"):
        for count in _COUNTS:
            try:
                written = format_unit(count, unit, length, locale=locale)
            except UnknownUnitError:
                continue
            label = _BARE.sub("", written).strip().casefold()
            if label:
                yield label


@cache
def _measure_pattern(language: str) -> regex.Pattern[str]:
    longest_first = sorted(unit_labels(language), key=len, reverse=True)
    body = "|".join(regex.escape(label).replace(r"\ ", r"\s") for label in longest_first)
    # A Latin or Cyrillic label ends a word; a Japanese or Chinese one is followed by anything.
    after = r"(?![\p{L}\p{M}-])|(?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"
    return regex.compile(
        rf"(?<![\p{{Latin}}\p{{Nd}}.,٫٬])(?P<number>{_NUMBER})[\s\u00a0\u202f-]?(?P<unit>{body})(?:{after})",
        regex.IGNORECASE,
    )
