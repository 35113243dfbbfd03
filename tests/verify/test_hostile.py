"""Hostile input: the catalogue and the fuzzers find nothing, and would find each fault that is planted here."""

import json
import os
import pickle
import sqlite3
import textwrap
import threading
import time
from pathlib import Path

import pytest
import sympy

import training.checkpoint
import verify.selftest.fuzz as fuzz_module
import verify.selftest.hostile as hostile_module
from report.commands import files
from theory.errors import InputError
from training.config import Config
from training.threads import set_threads
from verify.claims.generated_tries import Proof, timed
from verify.export import read_json, write_json
from verify.registry import MAX_PATTERN, refuse_long
from verify.selftest import fuzz_targets, hostile_child, hostile_entries, hostile_files
from verify.selftest.fuzz import Fuzzed, fuzz
from verify.selftest.hostile import catalogue, hostile, section
from verify.selftest.hostile_case import ACCEPTED, CRASHED, HUNG, REFUSED, Case, Outcome
from verify.selftest.hostile_run import hostile_run, signed
from verify.selftest.hostile_texts import MARKER
from verify.store import FILE_NAME, Store
from verify.time_limit import OutOfTime, within


def test_nothing_that_is_fed_in_hurts():
    found = hostile(fast=True, seed=0, seconds=4)
    harm = [table for table in found.tables if table.title == "Inputs that did harm"]
    assert found.passed, harm
    by_kind, fuzzed = found.tables
    kinds = {row[0]: int(row[1]) for row in by_kind.rows}
    assert kinds["expression"] > 90 and kinds["checkpoint"] > 25 and kinds["store"] > 15
    assert set(kinds) >= {"setting", "result file", "self-test file", "path", "command", "size", "time limit"}
    # Each kind has inputs that must be refused; refusing everything would be no answer either.
    assert all(int(row[2]) > 0 for row in by_kind.rows)
    assert sum(int(row[3]) > 0 for row in by_kind.rows) >= 6
    assert len(fuzzed.rows) == 4


# -- faults planted in what is tested


def feed(folder: Path, kind: str, name: str) -> Outcome:
    """Feed in one case of the catalogue, in this process."""
    cases = hostile_child.cases(fast=False, seed=0, folder=folder)
    case = next(each for each in cases if each.kind == kind and name in each.name)
    ended, detail, found = hostile_child._feed(case, folder)
    return Outcome(
        case,
        ended,
        0.0,
        detail,
        (folder / MARKER).exists(),
        tuple(found.get("markup", ())),
        found.get("raw", False),
    )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_parser_that_evaluates_is_caught(place, monkeypatch):
    monkeypatch.setattr("theory.parser.parse_expression", lambda text, **_: sympy.sympify(text))
    outcome = feed(place, "expression", "__import__")
    assert outcome.marker and not outcome.harmless


def test_a_checkpoint_reader_that_unpickles_is_caught(place, monkeypatch):
    monkeypatch.setattr(training.checkpoint, "load", lambda path: pickle.loads(path.read_bytes()))
    assert feed(place, "checkpoint", "a pickle").marker
    (place / MARKER).unlink()
    monkeypatch.undo()
    assert feed(place, "checkpoint", "a pickle").harmless


def test_a_report_that_does_not_escape_is_caught(place, monkeypatch):
    assert feed(place, "result file", "HTML").harmless
    monkeypatch.setattr("report.html._shown", lambda value: __import__("markupsafe").Markup(value))
    outcome = feed(place, "result file", "HTML")
    assert "<script>" in outcome.markup and not outcome.harmless


def test_a_terminal_that_gets_escape_sequences_is_caught(place, monkeypatch):
    assert feed(place, "result file", "escape").harmless
    monkeypatch.setattr("report.commands.show.printable", lambda text: text, raising=False)
    monkeypatch.setattr("report.printable.printable", lambda text: text)
    assert feed(place, "result file", "escape").raw


def test_a_parser_that_reads_something_else_is_caught(monkeypatch):
    hostile_entries.expression("tanh(z + 1/2)")
    monkeypatch.setattr("theory.parser.from_tree", lambda tree: sympy.Symbol("z", real=True))
    with pytest.raises(AssertionError, match="its tree is another function"):
        hostile_entries.expression("tanh(z + 1/2)")


def test_text_for_coq_that_is_more_than_a_formula_is_caught(monkeypatch):
    for text in ("z). Qed", "z (* *)", 'z"', "z\n"):
        monkeypatch.setattr("theory.coq.printer.coq", lambda expr, variable, text=text: text)
        with pytest.raises(AssertionError, match="text for Coq"):
            hostile_entries.expression("tanh(z + 1/2)")


def test_a_reader_that_takes_another_run_is_caught(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_json(hostile_run(), path)
    hostile_entries.document(path)
    monkeypatch.setattr("verify.export.read_json", lambda path: hostile_run("another"))
    with pytest.raises(AssertionError, match="another run"):
        hostile_entries.document(path)


# -- the process that is fed

CHILD = """
    import json, os, sys, time
    first = int(sys.argv[4])
    for number in range(first, 4):
        case = {"number": number, "kind": "k", "name": str(number), "must": "either", "seconds": 0.1}
        print(json.dumps({"event": "begin", **case}), flush=True)
        if number == 1:
            os._exit(9)
        if number == 2:
            time.sleep(600)
        took = 0.0 if number == 0 else 0.5
        print(json.dumps({"event": "end", "number": number, "ended": "refused", "took": took,
                          "detail": "", "marker": number == 3}), flush=True)
    print(json.dumps({"event": "done"}), flush=True)
"""


def test_death_and_endless_work_of_the_process_are_noted_and_the_rest_is_fed(tmp_path, monkeypatch):
    (tmp_path / "hostile_fake.py").write_text(textwrap.dedent(CHILD))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(hostile_module, "CHILD", "hostile_fake")
    monkeypatch.setattr(hostile_module, "_WALL_SECONDS", 2.0)
    outcomes = catalogue(fast=True, seed=0, folder=tmp_path)
    assert [each.ended for each in outcomes] == [REFUSED, CRASHED, HUNG, HUNG]
    assert "code 9" in outcomes[1].detail and outcomes[3].marker


def test_a_process_that_never_starts_is_no_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(hostile_module, "CHILD", "no_such_module")
    outcomes = catalogue(fast=True, seed=0, folder=tmp_path)
    assert not section(outcomes, (), seconds=1).passed


@pytest.mark.parametrize(
    ("fields", "figure"),
    [
        ({"ended": CRASHED}, "crashes"),
        ({"ended": HUNG}, "hangs"),
        ({"marker": True}, "code ran"),
        ({"markup": ("<script>",)}, "markup"),
        ({"raw": True}, "terminal"),
        ({"ended": ACCEPTED}, "other answers"),
    ],
)
def test_each_harm_has_a_figure(fields, figure):
    case = Case("k", "n", "", None, REFUSED)
    known = {"ended": REFUSED, "seconds": 0.1, **fields}
    found = section([Outcome(case, **known), Outcome(case, REFUSED, 0.1)], (), seconds=1)
    missed = [each.name for each in found.figures if each.met is False]
    assert any(figure in name for name in missed) and not found.passed
    assert found.tables[-1].title == "Inputs that did harm"


# -- fuzzing


def test_the_record_of_a_fuzzer_keeps_the_shortest_input_of_a_crash_and_slow_ones(tmp_path, monkeypatch):
    record = fuzz_targets.Record(tmp_path, 1)

    def target(text: str) -> None:
        if "x" in text:
            raise ValueError(text)
        raise InputError(given="", allowed="", do="")

    for text in ("xxx", "ok", "x"):
        record.feed(target, text)
    monkeypatch.setattr(fuzz_targets, "HANG_SECONDS", -1)
    record.feed(target, "slow")
    found = json.loads((tmp_path / fuzz_targets.REPORT).read_text())
    assert (found["runs"], found["accepted"]) == (4, 0)
    assert [each["input"] for each in found["findings"]] == ["'x'", "'slow'"]
    assert "processor time" in found["findings"][1]["what"]


def test_findings_miss_the_target_and_show_the_input():
    fuzzed = (
        Fuzzed("hypothesis", "expression", findings=(("KeyError in x.py:3: 1", "'z'"), ("timeout", "b''"))),
    )
    found = section([], fuzzed, seconds=1)
    values = {each.name.split(":")[0]: each.value for each in found.figures}
    assert (values["crashes"], values["hangs"]) == ("1", "1") and not found.passed
    assert found.tables[-1].rows[0][1] == "'z'"


def test_an_engine_that_is_not_installed_has_a_row_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_module.importlib.util, "find_spec", lambda name: None)
    fuzzed = fuzz(seed=0, seconds=1, folder=tmp_path)
    rows = section([], fuzzed, seconds=1).tables[1].rows
    assert len(rows) == 4 and all("not possible here" in row[2] for row in rows)


def test_a_fuzzing_process_that_dies_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_module, "ENGINES", ("json",))  # a module that there is, and no engine
    fuzzed = fuzz(seed=0, seconds=1, folder=tmp_path)
    assert all(each.findings for each in fuzzed)


def test_bytes_of_atheris_change_a_run_in_each_way():
    valid = json.loads(json.dumps(hostile_run().to_json()))
    assert fuzz_targets._changed(valid, b"\x00raw", signed) == b"raw"
    assert len(fuzz_targets._changed(valid, b"\x50\x00\x05X", signed)) == len(json.dumps(valid))
    changed = json.loads(fuzz_targets._changed(valid, b"\xff" + bytes([2, 1, 0] + [0] * 7), signed))
    assert changed != valid and changed == signed(changed)


# -- the limit on time


def test_a_block_that_takes_too_long_is_stopped_and_the_next_is_not():
    with pytest.raises(OutOfTime, match=r"more than 0\.1 s"), within(0.1):
        time.sleep(30)
    with within(0.1):
        pass
    time.sleep(0.15)


def test_the_alarm_is_heard_where_libraries_catch_errors_and_where_it_gets_lost():
    class Deaf:
        def __del__(self):
            time.sleep(0.3)

    with pytest.raises(OutOfTime), within(0.1):
        while True:
            try:
                time.sleep(30)
            except Exception:
                continue
    with pytest.raises(OutOfTime), within(0.1):
        Deaf()  # the alarm that goes off in there is lost; what came out cannot be relied on
    with pytest.raises(OutOfTime), within(0.1):
        try:
            time.sleep(30)
        except BaseException as error:
            raise SystemError("returned a result with an exception set") from error


def test_blocks_nest_and_other_errors_pass():
    with pytest.raises(OutOfTime, match=r"0\.2 s"), within(0.2), within(30):
        time.sleep(30)
    with pytest.raises(OutOfTime, match=r"0\.1 s"), within(30), within(0.1):
        time.sleep(30)
    with pytest.raises(KeyError), within(30):
        raise KeyError("mine")
    found = []
    thread = threading.Thread(target=lambda: found.append(_in_thread()))
    thread.start()
    thread.join()
    assert found == ["done"]


def _in_thread() -> str:
    with within(0.01):
        time.sleep(0.05)
    return "done"


def test_a_script_that_takes_too_long_to_write_is_not_proved_and_says_so():
    def tries():
        yield Proof("bound_1", "quick", "", False)
        time.sleep(30)
        yield Proof("bound_1", "slow", "", True)

    found = timed(tries(), lambda: 0.2, name="bound_1", words="in words")
    assert next(found).words == "quick"
    late = found.send(True)
    assert not late.proved and late.goal is None and "writing it takes more than 0.2 s" in late.reason
    with pytest.raises(StopIteration):
        found.send(True)


# -- what was mended, one by one


def changed_run(tmp_path: Path, change) -> Path:
    data = json.loads(json.dumps(hostile_run().to_json()))
    change(data)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(signed(data)))
    return path


@pytest.mark.parametrize("place", ["resolution", "margin"])
def test_an_integer_beyond_floats_is_refused(tmp_path, place):
    def change(data):
        data["claims"][1]["results"][0]["evidence"]["comparisons"][0][place] = 10**400

    with pytest.raises(InputError, match="1000000"):
        read_json(changed_run(tmp_path, change))


def test_results_of_checks_that_the_claim_does_not_have_are_refused(tmp_path):
    def rename(data):
        data["claims"][1]["checks"][0]["name"] = "another"

    def twice(data):
        data["claims"][1]["results"] *= 2

    for change in (rename, twice):
        with pytest.raises(InputError):
            read_json(changed_run(tmp_path, change))


def test_a_name_twice_in_an_object_is_refused(tmp_path):
    path = tmp_path / "run.json"
    write_json(hostile_run(), path)
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1,\n"seed": 0', 1))
    with pytest.raises(InputError, match="'seed' occurs twice"):
        read_json(path)


def test_an_identifier_with_a_line_break_is_refused(tmp_path):
    def change(data):
        data["claims"][2]["id"] += "\n"
        for result in data["claims"][2]["results"]:
            result["claim_id"] += "\n"

    with pytest.raises(InputError):
        read_json(changed_run(tmp_path, change))


def test_a_store_with_a_trigger_or_a_view_is_refused_at_once(tmp_path):
    with Store.open(tmp_path):
        pass
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM results; END")
    connection.close()
    with pytest.raises(InputError, match="not those of a store"):
        Store.open(tmp_path)


def test_sizes_beyond_all_machines_are_refused_before_they_are_computed():
    start = time.process_time()
    for settings in ({"d": 10**6, "k": 900_000}, {"m": 10**400}, {"n_unlabeled": 10**30}, {"loss": 3}):
        with pytest.raises(InputError):
            Config(**settings)
    with pytest.raises(InputError, match="1e"):
        Config(d=10**6, k=900_000)
    for threads in (0, 10**9):
        with pytest.raises(InputError, match="threads"):
            set_threads(threads)
    with pytest.raises(InputError):
        refuse_long("[" * (MAX_PATTERN + 1))
    refuse_long("taylor.*")
    assert time.process_time() - start < 2


def test_a_link_where_a_command_writes_leads_nowhere(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("out.v", "out.v.part"):
        (tmp_path / name).symlink_to(victim)
    files.write(tmp_path / "out.v", "")
    files.write(tmp_path / "out.v", "text")
    assert victim.read_text() == "precious" and (tmp_path / "out.v").read_text() == "text"
    assert not (tmp_path / "out.v").is_symlink()


def test_a_checkpoint_that_is_a_pipe_or_forged_is_refused(tmp_path):
    path = tmp_path / "checkpoint.npz"
    os.mkfifo(path)
    with pytest.raises(InputError):
        training.checkpoint.load(path)
    path.unlink()
    path.write_bytes(hostile_files.checkpoint({"step": 3}, {"W": [0.0]}))
    assert training.checkpoint.load(path).step == 3
    path.write_bytes(hostile_files.checkpoint({"step": "3"}, {"W": [0.0]}))
    with pytest.raises(InputError, match="damaged"):
        training.checkpoint.load(path)
