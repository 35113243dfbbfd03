"""The one error for bad input, shared by every room.

It carries no mathematics, so the symbolic and the torch route may both use it and stay independent.
"""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used: what was given, what is allowed, what to do.

    Args:
        given: What the caller passed, in words and values.
        allowed: What would have been accepted.
        do: The next step for the caller.
    """

    def __init__(self, *, given: str, allowed: str, do: str) -> None:
        super().__init__(given, allowed, do)
        self.given = given
        self.allowed = allowed
        self.do = do

    def __str__(self) -> str:
        return f"given: {self.given}; allowed: {self.allowed}; to do: {self.do}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.given, self.allowed, self.do))


def _rebuild(given: str, allowed: str, do: str) -> InputError:
    return InputError(given=given, allowed=allowed, do=do)
