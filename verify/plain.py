"""Plain data: what may stand in a result, its canonical text, and its digest.

Plain is what JSON can say without loss: null, booleans, integers, finite floats, text, lists, and objects
with text for keys. A non-finite float is written as the text ``nan``, ``inf`` or ``-inf``.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from theory.errors import InputError

# Keys whose values may differ between two runs of one seed on one machine.
TIMES = ("started", "seconds")

# Deeper nesting than any result has; a bound keeps hostile data from exhausting the stack.
MAX_DEPTH = 32

# The default limit of Python for converting an integer to text (it refuses longer ones).
_MAX_INTEGER_BITS = 14_000


def plain(data: Any, *, place: str = "data", depth: int = 0) -> Any:
    """The same data with every value plain: numpy scalars, enumerations and tuples are converted.

    Args:
        data: What to convert.
        place: Where it stands, for the message.
        depth: How deep it is nested already.

    Raises:
        InputError: If a value has no plain form; the message says where it stands.
    """
    if depth > MAX_DEPTH:
        raise InputError(
            given=f"{place}, nested deeper than {MAX_DEPTH} levels",
            allowed=f"nesting of at most {MAX_DEPTH} levels",
            do="flatten it",
        )
    if isinstance(data, Enum):
        data = data.value
    if isinstance(data, np.generic):
        data = data.item()
    if data is None or isinstance(data, bool):
        return data
    if isinstance(data, int) and int(data).bit_length() <= _MAX_INTEGER_BITS:
        return int(data)
    if isinstance(data, float):
        return float(data) if math.isfinite(data) else str(float(data))
    if isinstance(data, str):
        # A lone surrogate is legal in a Python string and in JSON, but in no file.
        return data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, list | tuple):
        return [plain(each, place=f"{place}[{i}]", depth=depth + 1) for i, each in enumerate(data)]
    if isinstance(data, Mapping) and all(isinstance(key, str) for key in data):
        return {
            plain(key): plain(value, place=f"{place}[{key!r}]", depth=depth + 1)
            for key, value in data.items()
        }
    raise InputError(
        given=f"{place} of type {type(data).__module__}.{type(data).__qualname__}",
        allowed="None, bool, int, float, str, numpy scalars, and lists, tuples and str-keyed dicts of them",
        do="convert it in the check with int(), float(), str() or .tolist()",
    )


def canonical(data: Any) -> str:
    """The one text of plain data: sorted keys, no spaces, ASCII; raises ValueError on a non-finite float."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def without_times(data: Any) -> Any:
    """The same data without the keys `TIMES` at any depth: equal for two runs of one seed on one machine."""
    if isinstance(data, Mapping):
        return {key: without_times(value) for key, value in data.items() if key not in TIMES}
    if isinstance(data, list | tuple):
        return [without_times(each) for each in data]
    return data


def digest(data: Any) -> str:
    """SHA-256 of the canonical text of the data without its times, in hexadecimal digits."""
    return hashlib.sha256(canonical(without_times(data)).encode()).hexdigest()


def steady(text: str) -> str:
    """Text of an error without memory addresses, which differ from run to run, and without lone surrogates."""
    without_addresses = re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)
    return without_addresses.encode("utf-8", "replace").decode("utf-8")
