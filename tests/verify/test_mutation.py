"""The self-test by mutation: what a planted fault may do, what is noticed, and what never counts as noticed."""

from __future__ import annotations

import ast
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from report.commands import run_command
from theory.errors import InputError
from verify.claims import SOURCES
from verify.registry import registry
from verify.selftest import catalogue, generic, mutation, record, score, unittests
from verify.selftest.equivalent import EQUIVALENTS, Equivalent, checked
from verify.selftest.exam import DIED, FAILED, IMPORT, PASSED, TIMEOUT, Exam, Trial
from verify.selftest.experience import Experience
from verify.selftest.laboratory import perform_trials
from verify.selftest.mutant import Mutant, distinct
from verify.selftest.planting import source_of
from verify.selftest.touch import Plan, Touched, TouchMap, statement_lines, touch_map

CLAIMS = str(Path(__file__).parent / "planted_claims.py")
ORDER = Exam(CLAIMS, "planted.order", "order", limit=3.0, expected="HOLDS")
CONTROL = Exam(CLAIMS, "control.order", "reversed_order", limit=3.0, expected="FAILS")
LOADED = Exam(CLAIMS, "planted.loaded", "loaded", limit=3.0, expected="HOLDS")
CHATTER = Exam(CLAIMS, "planted.chatter", "chatter", limit=3.0, expected="HOLDS")
FILE = "theory/comparisons.py"
TEXT = source_of(FILE).read_text()
HEAD = "    if a <= b:\n"
LIMITS = record.Limits(tests_end=0.0)


def with_line(line: str) -> str:
    """The module with a further line at the start of `less_equal`."""
    assert TEXT.count(HEAD) == 1
    return TEXT.replace(HEAD, f"    {line}\n{HEAD}")


def observe(*trials: Trial):
    found = perform_trials(enumerate(trials), sources=[CLAIMS], jobs=1)
    return [tuple(each) for _, _, each in sorted(found, key=lambda each: each[0])]


def planted(text: str, *exams: Exam, **options) -> Trial:
    return Trial(exams, module="theory.comparisons", source=text, stop=float("inf"), **options)


def named(name: str, old: str, new: str) -> Mutant:
    return Mutant(f"theory.{name}", FILE, old, new, "a test")


def run_mutate(*faults: Mutant, **options):
    settings = {"limits": LIMITS, "equivalents": (), **options}
    return mutation.mutate(registry([CLAIMS]), faults, **settings)


def test_what_a_fault_does_stays_in_its_exam():
    """Each would end, hang or confuse whatever ran it; the exams after it and the next trial see nothing."""
    lines = {
        "raise KeyError": "ERROR",
        "import sys; sys.exit(0)": "ERROR",
        "while True: pass": TIMEOUT,
        "import time; time.sleep(60)": TIMEOUT,
        "import os; os._exit(0)": DIED,
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": DIED,
        "return [0] * 10**10": "ERROR",
        "import subprocess; subprocess.Popen(['sleep', '600']); raise KeyError": "ERROR",
        "return False": "FAILS",
        "import sys; sys.stdout.write('{}'); sys.stdout.flush()": "HOLDS",
    }
    trials = [planted(with_line(line), ORDER, LOADED) for line in lines]
    for (line, ended), (first, second) in zip(lines.items(), observe(*trials), strict=True):
        assert first.ended == ended, (line, first)
        assert second.ended == "HOLDS", (line, second)


def test_a_control_that_is_not_refuted_is_noticed():
    (first, second) = observe(planted(with_line("return True"), CONTROL, ORDER))[0]
    assert first.ended == "HOLDS" and second.ended == "FAILS"
    assert mutation.noticed(CONTROL, first.ended) and mutation.noticed(ORDER, second.ended)
    assert not mutation.noticed(ORDER, "HOLDS") and not mutation.noticed(CONTROL, "FAILS")


def test_nothing_planted_and_nothing_said_between_the_answers():
    for trial in (
        Trial((ORDER, CHATTER, CONTROL), stop=float("inf")),
        planted(TEXT, ORDER, CHATTER, CONTROL),
    ):
        assert [each.ended for each in observe(trial)[0]] == ["HOLDS", "HOLDS", "FAILS"]


@pytest.mark.parametrize(
    "line", ["raise KeyError", "while True: pass", "import os; os._exit(0)", "this is no code"]
)
def test_a_fault_that_keeps_the_packages_from_loading(line):
    first, second = observe(planted(f"{TEXT}\n{line}\n", ORDER, loading=2), Trial((ORDER,)))
    assert [each.ended for each in first] == [IMPORT]
    assert [each.ended for each in second] == ["HOLDS"]


def test_the_fault_is_in_no_file_and_not_in_this_process():
    from flint import arb

    from theory.comparisons import less_equal

    observe(planted(with_line("return False"), ORDER))
    assert source_of(FILE).read_text() == TEXT
    assert less_equal(arb(1), arb(1)) is True


def test_a_check_whose_time_is_unknown_is_not_noticed_by_its_limit():
    slow = planted(with_line("import time; time.sleep(60)"), replace(ORDER, known=False, limit=1.0), LOADED)
    assert [each.ended for each in observe(replace(slow, stop=0.0))[0]] == [TIMEOUT, "HOLDS"]
    known = replace(slow, exams=(replace(ORDER, limit=1.0), LOADED), stop=0.0)
    assert [each.ended for each in observe(known)[0]] == [TIMEOUT]


def test_the_processes_end_with_the_iteration():
    def left() -> list[str]:
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and b"planted_claims.py" in (folder / "cmdline").read_bytes():
                    found.append(folder.name)
            except OSError:  # it ended meanwhile
                continue
        return found

    hanging = planted(with_line("while True: pass"), replace(ORDER, limit=600.0))
    before = left()
    results = perform_trials([(0, Trial((ORDER,))), (1, hanging)], sources=[CLAIMS], jobs=1)
    assert next(results)[2][0].ended == "HOLDS"
    time.sleep(1.0)
    assert len(left()) > len(before)
    results.close()
    deadline = time.monotonic() + 10
    while len(left()) > len(before) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(left()) <= len(before)


def test_claims_that_do_not_load_are_said_so(tmp_path):
    (tmp_path / "mine.py").write_text("raise KeyError('nothing')\n")
    with pytest.raises(InputError, match="cannot load"):
        list(perform_trials([(0, Trial((ORDER,)))], sources=[str(tmp_path / "mine.py")], jobs=1))


def test_what_touches_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "verify.selftest.touch.fingerprint", lambda sources: "0"
    )  # the code may be edited meanwhile
    touched = touch_map(registry([CLAIMS]), Plan(), jobs=1, keep=tmp_path)

    def names(text: str) -> list[str]:
        line = TEXT[: TEXT.index(text)].count("\n") + 1
        return [each.exam.claim for _, each in touched.touching(FILE, [line])]

    assert {each.exam.claim: each.exam.expected for each in touched.checks} == {
        "planted.order": "HOLDS",
        "planted.loaded": "HOLDS",
        "planted.chatter": "HOLDS",
        "control.order": "FAILS",
    }
    executed = names("    if a <= b")
    assert set(executed) == {"planted.order", "planted.chatter", "control.order"}
    # What a module of claims computes when it is loaded is touched by each of its checks, those that execute
    # something of the file first; a line that nothing executes is touched by none.
    assert names("    if a < b")[-1] == "planted.loaded" and len(names("    if a < b")) == 4
    assert names("    return None if a.overlaps") == []
    assert TouchMap.from_json(json.loads(json.dumps(touched.to_json()))) == touched
    started = time.monotonic()
    assert touch_map(registry([CLAIMS]), Plan(), jobs=1, keep=tmp_path) == touched
    assert time.monotonic() - started < 2
    (tmp_path / "touched.json").write_text("{")
    assert {each.exam for each in touch_map(registry([CLAIMS]), Plan(), jobs=1, keep=tmp_path).checks}


def test_what_catches_most_in_least_time_is_tried_first():
    quick, slow = (
        Touched(replace(ORDER, check=name), seconds, {}) for name, seconds in (("q", 0.1), ("s", 1))
    )
    known = Experience()
    assert known.order(FILE, [(0, slow), (0, quick)]) == (quick, slow)
    assert known.order(FILE, [(0, slow), (2, quick)]) == (slow, quick)
    for _ in range(9):
        known.note(FILE, quick.exam, False)
        known.note(FILE, slow.exam, True)
    assert known.chance(FILE, slow.exam) > 0.9 > 0.1 > known.chance(FILE, quick.exam)
    assert known.order(FILE, [(0, quick), (0, slow)]) == (slow, quick)
    assert known.chance("theory/terms.py", slow.exam) > known.chance("theory/terms.py", quick.exam)


def test_lines_of_a_statement():
    text = "a = [\n    1,\n    2,\n]\nif (\n    a\n):\n    b = 1\n    c = 2\n"
    assert statement_lines(text, [2]) == {1, 2, 3, 4}
    assert statement_lines(text, [6]) == {5, 6, 7}
    assert statement_lines(text, [9]) == {9}


def test_faults_and_what_caught_them():
    result = run_mutate(
        named(
            "swapped",
            "    if a <= b:\n        return True\n    return",
            "    if a >= b:\n        return True\n    return",
        ),
        named("at-load", "    if a < b:\n        return True", "    if a < b:\n        return False"),
        named("unseen", "return None if a.overlaps(b) else False", "return a.overlaps(b)"),
    )
    fates = {each.id: each for each in result.records}
    swapped, at_load, unseen = (fates[f"theory.{name}"] for name in ("swapped", "at-load", "unseen"))
    assert swapped.fate == at_load.fate == record.CLAIMS and swapped.refuted
    assert {catch.name for catch in swapped.catches} >= {
        "planted.order order",
        "control.order reversed_order",
    }
    assert [catch.name for catch in at_load.catches] == ["planted.loaded loaded"]
    assert (
        unseen.fate == record.SURVIVED and unseen.touching == 0 and unseen.command.endswith("'theory.unseen'")
    )
    (unchanged,) = result.of(record.UNCHANGED)
    assert unchanged.fate == record.SURVIVED and unchanged.tried == 4
    section = score.section(result)
    assert not section.passed
    assert section.figures[0].value == "2 of 3" and section.figures[-1].met is True
    assert json.dumps(section.to_json())


def test_an_edit_that_is_noticed_though_it_changes_nothing_fails_the_section(monkeypatch):
    """An engine that notices everything would have a perfect score; the edits that change nothing tell."""
    monkeypatch.setattr(mutation, "noticed", lambda exam, ended: True)
    result = run_mutate(
        named("any", "return ball.lower(), ball.upper()", "return ball.upper(), ball.lower()")
    )
    assert not score.section(result).passed
    assert any(
        "change nothing" in figure.name and figure.met is False for figure in score.section(result).figures
    )


def test_a_check_that_holds_nothing_without_a_fault_is_reported_and_notices_nothing(tmp_path):
    text = (
        Path(CLAIMS).read_text().replace("def order(context):\n", "def order(context):\n    raise KeyError\n")
    )
    (tmp_path / "odd_claims.py").write_text(text)
    result = mutation.mutate(
        registry([str(tmp_path / "odd_claims.py")]),
        [
            named(
                "swapped",
                "    if a <= b:\n        return True\n    return",
                "    if a >= b:\n        return True\n    return",
            )
        ],
        limits=LIMITS,
    )
    assert sorted(result.odd) == ["planted.chatter chatter ERROR", "planted.order order ERROR"]
    (one,) = result.of(record.NAMED)
    assert {catch.name for catch in one.catches} == {"control.order reversed_order"}
    assert not score.section(result).passed


def test_no_time_is_no_catch():
    result = run_mutate(
        named("any", "return ball.lower(), ball.upper()", "return ball.upper(), ball.lower()"), minutes=1e-9
    )
    assert {each.fate for each in result.of(record.NAMED)} <= {record.UNTRIED, record.SURVIVED}
    assert not score.section(result).passed


def test_unit_tests_take_what_claims_leave(monkeypatch):
    monkeypatch.setattr(
        mutation, "files_for", lambda module: ("tests/theory/test_arithmetic.py",)
    )  # of some thirty
    result = run_mutate(
        chosen=[fault for fault in every_fault() if "overlaps" in fault.old][:1],
        limits=record.Limits(),
    )
    (one,) = result.of(record.GENERIC)
    assert one.fate == record.TESTS
    assert one.catches[0].how == FAILED and one.catches[0].name.startswith("tests/theory/test_")


def test_tests_in_a_fork():
    root, file = str(generic.package_folder()), ("tests/theory/test_arithmetic.py",)
    exam = Exam(root, expected=PASSED, limit=120.0, tests=file)
    whole, broken = observe(
        Trial((exam,), stop=float("inf"), cover=True), planted(with_line("return None"), exam)
    )
    assert whole[0].ended == PASSED and whole[0].lines[FILE]
    assert broken[0].ended == FAILED and "test_arithmetic.py" in broken[0].summary
    assert unittests.files_for("theory.arithmetic")[0] == file[0]
    assert "tests/theory/test_arithmetic.py" in unittests.files_for("theory.comparisons")


def every_fault():
    sites, _ = generic.sites_of(FILE, TEXT)
    return list(generic.Population(tuple(sites), {}).draw(0))


SOURCE = '''
@dataclass(frozen=True)
class Value:
    x: int = 3

    @cache
    def f(self, *, size: Annotated[int, 4] = 1) -> Annotated[int, 5]:
        """Doc with 6."""
        if size < 2:
            raise InputError(given=f"{size + 7}", allowed="1", do="2")
        return size * 8
'''


def test_what_cannot_change_a_result_is_left_out():
    sites, left_out = generic.sites_of("theory/x.py", SOURCE)
    there = {(site.line, SOURCE.split("\n")[site.line - 1][site.column]) for site in sites}
    assert there == {(2, "@"), (4, "3"), (7, "1"), (9, "s"), (9, "<"), (9, "2"), (11, "*"), (11, "8")}
    assert set(left_out) == {
        generic._RAISES, generic._STAR, generic._ANNOTATION, generic._CACHE, generic._FROZEN, generic._MESSAGE,
    }  # fmt: skip


def test_the_draw_depends_on_the_seed_and_not_on_what_stands_elsewhere():
    sites, _ = generic.sites_of(FILE, TEXT)
    moved, _ = generic.sites_of(FILE, f"# a line\n# and another\n{TEXT}")
    assert [site.key for site in sites] == [site.key for site in moved]
    population = generic.Population(tuple(sites), {})
    drawn = [[fault.id for fault in population.draw(seed)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2] and sorted(drawn[0]) != sorted(drawn[2])
    assert len(drawn[0]) <= len(sites) and len(set(drawn[0])) == len(drawn[0])


def test_a_generic_fault_is_one_difference_and_found_again_by_its_id():
    population = generic.Population(tuple(generic.sites_of(FILE, TEXT)[0]), {})
    for fault in population.draw(3):
        assert population.find(fault.id) == fault
        assert ast.dump(ast.parse(fault.text)) != ast.dump(ast.parse(TEXT))
        before, after = TEXT.split("\n"), fault.text.split("\n")
        assert len(before) == len(after)
        assert [n for n, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]] == [
            fault.line
        ]
    with pytest.raises(InputError, match="generic fault"):
        population.find(f"{FILE}:1:0:NumberReplacer")


def test_equivalents():
    fault = next(each for each in every_fault() if each.old.startswith("return None if a.overlaps"))
    entry = Equivalent(FILE, "return  None if a.overlaps(b) else False", (fault.new,), "a test")
    assert entry.covers(fault) and not entry.covers(replace(fault, new="return 1"))
    assert not replace(entry, file="theory/terms.py").covers(fault)
    assert (
        not entry.stale
        and replace(entry, old="return 7 if a").stale
        and replace(entry, file="theory/no.py").stale
    )
    with pytest.raises(InputError, match="gone"):
        checked([entry, replace(entry, old="return 7 if a")])
    result = run_mutate(chosen=[fault], equivalents=[entry])
    assert [each.fate for each in result.of(record.GENERIC)] == [record.EQUIVALENT]
    assert score.generic_score(result) == (0, 0)


def test_an_equivalent_that_is_caught_refutes_its_argument():
    fault = next(each for each in every_fault() if each.old == "if a <= b:" and "not" in each.new)
    entry = Equivalent(FILE, fault.old, (fault.new,), "wrong on purpose")
    result = run_mutate(chosen=[fault], equivalents=[entry])
    (one,) = score.refuted_equivalents(result)
    assert one.fate == record.CLAIMS and not score.section(result).passed


def test_equivalents_are_argued_and_not_stale():
    for each in checked(EQUIVALENTS):
        assert len(each.argument.split()) >= 6, each
        assert each.new


def test_the_catalogue_fits_its_files():
    mutants = catalogue.catalogue()
    assert len(mutants) >= 80 and {each.id.split(".")[0] for each in mutants} == {"theory", "training"}
    for mutant in mutants:
        text = source_of(mutant.file).read_text(encoding="utf-8")
        tree = ast.dump(ast.parse(text))
        assert ast.dump(ast.parse(mutant.planted(text))) != tree, mutant.id
        assert mutant.id.split(".")[0] == mutant.file.split("/")[0] and mutant.reason, mutant.id


def test_mutants_that_fit_nothing():
    good = named("swapped", "    if a <= b:", "    if a >= b:")
    assert good.planted(TEXT).count("a >= b") == TEXT.count("a >= b") + 1
    for bad in (
        replace(good, old="no such text"),
        replace(good, old="return True"),
        replace(good, new=good.old),
        replace(good, old="return True", at=3),
        replace(good, old=""),
    ):
        with pytest.raises(InputError, match=bad.id):
            bad.span(TEXT)
    with pytest.raises(InputError, match="there twice"):
        distinct([good, replace(good, id="theory.other")])
    with pytest.raises(InputError, match="there twice"):
        distinct([good, replace(good, new="    if a == b:")])
    assert (
        replace(good, old="return True", new="return None", at=1).lines(TEXT).start > good.lines(TEXT).start
    )


def test_the_interval_is_exact():
    low, high = score.interval(0, 10)
    assert low == 0.0 and high == pytest.approx(1 - 0.025 ** (1 / 10))
    low, high = score.interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10)) and high == 1.0
    assert score.interval(0, 0) == (0.0, 1.0)


def test_the_command(capsys, tmp_path, monkeypatch):
    assert run_command(["mutate", "--list", "theory.*"], version="") == 0
    listed = capsys.readouterr().out
    assert "theory." in listed and "training." not in listed and "named faults" in listed
    assert run_command(["mutate", "theory.no-such-fault"], version="") == 2
    assert "--list" in capsys.readouterr().err
    assert (
        run_command(["mutate", "theory/no.py:1:2:NumberReplacer.0", "--out", str(tmp_path)], version="") == 2
    )
    (tmp_path / "file").write_text("")
    assert run_command(["mutate", "--out", str(tmp_path / "file")], version="") == 2
    monkeypatch.setattr(generic, "missing", lambda: "coverage")
    assert run_command(["mutate", "--out", str(tmp_path)], version="") == 2
    assert "ntk-escape[selftest]" in capsys.readouterr().err


def test_the_command_on_a_survivor_and_on_a_caught_one(capsys, tmp_path, monkeypatch):
    faults = {
        "theory.swapped": named(
            "swapped",
            "    if a <= b:\n        return True\n    return",
            "    if a >= b:\n        return True\n    return",
        ),
        "theory.unseen": named("unseen", "return None if a.overlaps(b) else False", "return a.overlaps(b)"),
    }
    monkeypatch.setattr("verify.claims.SOURCES", (CLAIMS,))
    monkeypatch.setattr(catalogue, "select", lambda patterns: tuple(faults[each] for each in patterns))
    assert run_command(["mutate", "theory.swapped", "--out", str(tmp_path), "--jobs", "1"], version="") == 0
    shown = capsys.readouterr().out
    assert "caught  theory.swapped" in shown and "planted.order order" in shown and "1 of 1" in shown
    assert run_command(["mutate", "theory.unseen", "--out", str(tmp_path), "--jobs", "1"], version="") == 1
    assert "SURVIVED  theory.unseen" in capsys.readouterr().out
    assert json.loads((tmp_path / "mutation.json").read_text())["records"][-1]["fate"] == "survived"


def test_every_source_of_claims_is_a_module_that_trials_can_load():
    assert all(not source.endswith(".py") for source in SOURCES) and os.name == "posix"
