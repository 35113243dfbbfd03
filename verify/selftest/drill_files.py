"""Files that drills write and programs that they start; this package itself runs none of it."""

from __future__ import annotations

# Twelve checks of a tenth of a second that mark when they begin and when they end.
CLAIMS = """
import os
import time
from pathlib import Path

from verify.bound import UPPER, compare
from verify.claim import Check, Claim
from verify.evidence import Series, from_comparisons
from verify.quantity import measured
from verify.verdict import Kind


def mark(name):
    with Path(os.environ["DRILL_MARKS"], name).open("a") as file:
        file.write(f"{os.getpid()}\\n")


def check_of(number, limit):
    def check(context):
        mark(f"c{number:02d}")
        draws = [float(value) for value in context.rng("draw").uniform(size=300)]
        for step in range(5):
            time.sleep(0.01 + 0.002 * number)
            context.progress(step + 1, 5)
        print(f"check {number} was here")
        rows = [compare(f"u{k}", UPPER, measured(value), measured(limit)) for k, value in enumerate(draws[:30])]
        series = (Series("draws", "u", tuple(range(300)), tuple(draws)),) if number == 0 else ()
        mark(f"c{number:02d}.end")
        return from_comparisons(rows, series=series)

    return check


def claim_of(number):
    control = number >= 10  # false on purpose: half of the draws are above the limit
    return Claim(
        id=f"{'control' if control else 'drill'}.c{number:02d}",
        title=f"Draws below a limit, {number}",
        statement=r"u \\le 1",
        bound=UPPER,
        source="this drill",
        checks=(Check(Kind.PROPERTY, check_of(number, 0.5 if control else 1.0), scope="30 draws", name="check"),),
        depends_on=("drill.c04",) if number == 5 else (),
        control_of="drill.c00" if control else None,
        fault="a limit of one half" if control else "",
    )


CLAIMS = tuple(claim_of(number) for number in range(12))
"""

# A sound check beside such as never end; (CHECKS) stands for those that are wanted.
ENDLESS = """
import os
import signal
import time

from verify.bound import UPPER, compare
from verify.claim import Check, Claim
from verify.evidence import from_comparisons
from verify.quantity import exact
from verify.verdict import Kind


def sound(context):
    return from_comparisons([compare("one", UPPER, exact(1), exact(2))])


def python_objects(context):
    kept = []
    while True:
        kept.append([0.5] * 10_000)


def numpy_arrays(context):
    import numpy as np

    kept = []
    while True:
        kept.append(np.ones(1_000_000))


def torch_tensors(context):
    import torch

    kept = []
    while True:
        kept.append(torch.ones(1_000_000, dtype=torch.float64))


def killed_by_the_system(context):
    os.kill(os.getpid(), signal.SIGKILL)


def hanging(context):
    time.sleep(10_000)


def claim_of(check):
    return Claim(
        id="drill." + check.__name__.replace("_", "-"),
        title=check.__name__,
        statement="1 \\\\le 2",
        bound=UPPER,
        source="this drill",
        checks=(Check(Kind.SYMBOLIC, check, scope="one number"),),
    )


CLAIMS = tuple(map(claim_of, (CHECKS)))
"""

# A check that keeps the parts of its work, which mark when they are computed.
CELLS = """
import os
from pathlib import Path

from training.cells import Cell, CellFunction, evaluate
from verify.bound import IDENTITY, compare
from verify.claim import Check, Claim
from verify.evidence import from_comparisons
from verify.quantity import measured
from verify.verdict import Kind


def squared(arguments):
    number = arguments["number"]
    with Path(os.environ["DRILL_MARKS"], f"cell{number}").open("a") as file:
        file.write("x\\n")
    return {"squares": [float(number * k) ** 2 for k in range(50)], "number": number}


SQUARED = CellFunction(squared, lambda arguments: 1, lambda arguments: 1.0)
TABLE = {"squared": "drill_cells:SQUARED"}


def cells(context):
    found = evaluate([Cell("squared", {"number": n}, table=TABLE) for n in range(6)], context.folder)
    total = sum(value for each in found for value in each["squares"])
    expected = sum(float(n * k) ** 2 for n in range(6) for k in range(50))
    return from_comparisons([compare("sum", IDENTITY, measured(total), measured(expected), resolution=1e-6,
                                     reason="drill")], parameters={"total": total})


CLAIMS = (
    Claim(id="drill.cells", title="Sum of squares", statement="s = s", bound=IDENTITY, source="this drill",
          checks=(Check(Kind.EXPERIMENT, cells, scope="six cells"),)),
)
"""

# Loads the command once and runs it in a fork for each line of JSON; answers with the process, and how one ended.
SERVER = """
import importlib, json, os, signal, sys, traceback
import ntk_escape
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
for line in sys.stdin:
    order = json.loads(line)
    if "ended" in order:
        child, status = os.waitpid(order["ended"], os.WNOHANG)
        print(json.dumps(os.waitstatus_to_exitcode(status) if child else None), flush=True)
        continue
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.alarm(order["limit"])
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0), os.dup2(log, 1), os.dup2(log, 2)
            os.environ.clear(), os.environ.update(order["environment"])
            os.close(begun)
            code = ntk_escape.main(order["arguments"])
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(begun)
    os.read(ready, 1)
    os.close(ready)
    print(child, flush=True)
"""

# Ends itself in the middle of a transaction that has reached the file, so that a journal is left.
CUT_OFF = """
import os, signal, sys
from pathlib import Path
from verify.store import Store
store = Store.open(Path(sys.argv[1]))
connection = store._connection
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE results SET data = replace(data, 'HOLDS', 'FAILS'), final = 0")
os.kill(os.getpid(), signal.SIGKILL)
"""
