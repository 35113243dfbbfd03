"""Put results into a store until killed, and say after each commit which one is safe; used by test_store.py."""

import sys

from verify.evidence import Evidence
from verify.run import CheckResult
from verify.store import Key, Store
from verify.verdict import Outcome


def result_of(index: int, size: int) -> CheckResult:
    """A result that its index determines, of about `size` characters."""
    text = f"{index}:" + chr(97 + index % 26) * size
    return CheckResult(f"a.c{index}", "check", index, Evidence(Outcome.HOLDS, text), index / 7)


def main(folder: str, start: int, count: int, size: int) -> None:
    with Store.open(folder) as store:
        for index in range(start, start + count):
            store.put(result_of(index, size), Key("print", "quick", 1))
            sys.stdout.write(f"{index}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
