"""Options that several subcommands share."""

from __future__ import annotations

import click

PROFILES = ("quick", "standard", "full")
"""The values of `verify.claim.Profile`, repeated here so that ``--help`` need not load that room."""

KINDS = ("formal", "symbolic", "enclosure", "property", "statistical", "experiment")
"""The values of `verify.verdict.Kind`, repeated here for the same reason."""

names = click.argument("names", nargs=-1, metavar="[ID|GLOB|FILE.py]...")

jobs = click.option("--jobs", type=click.IntRange(min=1), help="Worker processes; by default one a core.")

folder = click.option(
    "--out", "out", type=click.Path(), metavar="DIR", help="Folder of a finished run to take verdicts from."
)
