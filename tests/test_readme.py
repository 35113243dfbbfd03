"""The README and the citation keep their promises: the example runs, the table is complete, the commands exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import ntk_escape
from report.commands import group, run_command
from verify.claims import SOURCES
from verify.registry import registry

ROOT = Path(ntk_escape.__file__).resolve().parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = (ROOT / "CLAIMS.md").read_text(encoding="utf-8")


def test_the_example_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "my_claims.py").write_text(code, encoding="utf-8")
    assert run_command(["verify", "my_claims.py", "--jobs", "1"], version="0") == 0
    assert "1 of 1 claims hold: 1 ENCLOSED" in capsys.readouterr().out


def test_the_table_shows_every_claim_with_its_kinds_of_evidence() -> None:
    rows = dict(re.findall(r"^\| `([\w.-]+)` \| .* \| ([\w, ]+) \| [A-Z]+ \|$", TABLE, re.MULTILINE))
    claims = registry(SOURCES)
    assert set(rows) == {claim.id for claim in claims if not claim.is_control}
    for name, kinds in rows.items():
        assert set(kinds.split(", ")) == {check.kind.value for check in claims.claims[name].checks}
    for claim in claims:
        assert f"`{claim.id}`" in TABLE


def test_the_summary_counts_the_claims_of_each_topic() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d |·]+) \|$", README, re.MULTILINE)
    counts = {topic: sum(int(cell) for cell in re.findall(r"\d+", cells)) for topic, cells in rows}
    topics = Counter(claim.topic for claim in registry(SOURCES) if not claim.is_control)
    assert counts == {**topics, "all": topics.total()}


def test_every_command_is_explained_and_every_explained_one_exists() -> None:
    assert set(re.findall(r"^ntk-escape (\w+)", README, re.MULTILINE)) == set(group.commands)
    for option in re.findall(r"^ntk-escape verify .*$", README, re.MULTILINE)[0].split():
        if option.startswith("--"):
            known = [name for parameter in group.commands["verify"].params for name in parameter.opts]
            assert option in known
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", README, re.MULTILINE)) <= set(targets)
