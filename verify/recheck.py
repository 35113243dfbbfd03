"""Compiled proofs examined once more by Coq's stand-alone checker, which shares no tactic with the compiler.

``coqchk`` reads the compiled files alone, types every term in them and in every library that they load again, and
lists what all of it rests on. So it also finds what a forged or damaged compiled file would hide.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from verify.audit import AXIOMS
from verify.compiled import NotCompiled, compile_layer
from verify.coq import missing, toolchain
from verify.evidence import Evidence, Listing
from verify.layer import Layer
from verify.plain import steady
from verify.verdict import Outcome

# Ten times what the checker takes for this project; a limit is there for what loops.
LIMIT_SECONDS = 600.0

_SECTION = re.compile(r"^\* ([^:\n]+):(.*(?:\n(?!\*).*)*)", re.MULTILINE)
_NONE = "<none>"


def recheck(layer: Layer, modules: Sequence[str], *, limit: float = LIMIT_SECONDS) -> Evidence:
    """Evidence that the checker accepts the modules, with all that they load, from the permitted axioms.

    Args:
        layer: The layer.
        modules: Modules of it; interval arithmetic within proofs is not practical for the checker.
        limit: Seconds for the checker.

    Raises:
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    lacking, tool = missing(layer.libraries), toolchain()
    if lacking or tool is None:
        return Evidence(Outcome.SKIPPED, lacking)
    checker = Path(tool.coqc).with_name("coqchk")
    if not checker.is_file():
        return Evidence(
            Outcome.SKIPPED, f"there is no coqchk beside {Path(tool.coqc).name}; it comes with Coq"
        )
    try:
        folders = {str(folder) for module in modules for folder in compile_layer(layer, module)}
    except NotCompiled as error:
        return Evidence(Outcome.UNDECIDED, f"Coq does not take {error.module}.v: {error.answer.message}")
    command = [str(checker), "-silent", "-o"]
    for folder in sorted(folders):
        command += ["-Q", folder, layer.prefix]
    try:
        done = subprocess.run(
            [*command, *(f"{layer.prefix}.{module}" for module in modules)],
            capture_output=True,
            text=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Evidence(Outcome.UNDECIDED, f"the checker was stopped at its time limit of {limit:g} s")
    said = done.stdout + done.stderr
    for folder in folders:
        said = said.replace(folder, "…")
    return _judged(done.returncode, steady(said), len(modules))


def _judged(code: int, said: str, count: int) -> Evidence:
    """The evidence from what the checker said: its summary has a section for each thing that it took on trust."""
    sections = {title.strip(): body.split() for title, body in _SECTION.findall(said)}
    axioms = [each for each in sections.pop("Axioms", ["no list of axioms"]) if each != _NONE]
    strangers = [each for each in axioms if not _permitted(each)]
    trusted = [title for title, body in sections.items() if title != "Theory" and body != [_NONE]]
    shown = (Listing("What the checker says", said.strip()[-4_000:]),)
    if code != 0:
        return Evidence(Outcome.UNDECIDED, f"the checker ended with exit code {code}", listings=shown)
    if strangers or trusted or len(sections) < 4:
        reason = ", ".join([*strangers, *trusted]) or "its summary is not complete"
        return Evidence(Outcome.FAILS, f"the checker found what is not permitted: {reason}", listings=shown)
    return Evidence(
        Outcome.HOLDS,
        f"the checker accepts {count} modules and all that they load; axioms: "
        + (", ".join(each.split(".")[-1] for each in axioms) or "none"),
        counts={"modules": count, "axioms": len(axioms)},
        listings=shown,
    )


def _permitted(axiom: str) -> bool:
    return any(axiom.startswith("Coq.") and axiom.endswith(f".{name}") for name in AXIOMS)
