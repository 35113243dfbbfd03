"""The runner survives what checks do, computes nothing twice, and gives the same result for any jobs."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import verify.environment
from theory.errors import InputError
from verify.bound import IDENTITY, compare
from verify.claim import Check, Claim, Profile, derive_seed
from verify.evidence import from_comparisons
from verify.export import read_json, without_times, write_json
from verify.plain import canonical
from verify.quantity import measured
from verify.registry import registry
from verify.run import CheckResult, Run
from verify.runner import OUTPUT_NAME, Observer, run
from verify.store import FILE_NAME, Store
from verify.verdict import Kind, Outcome, Verdict
from verify.worker import perform

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MISBEHAVING = str(HERE / "misbehaving.py")
EXAMPLE = str(HERE / "my_claims.py")
CLAIMS = registry([MISBEHAVING])

# Long enough for every check that ends at all, on a busy machine too.
LIMIT = 4.0


class Recorder(Observer):
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.progress: list[tuple[str, int, int]] = []
        self.done: list[tuple[str, bool]] = []
        self.notes: list[str] = []

    def started(self, claim_id: str, check: str) -> None:
        self.begun.append(claim_id)

    def progressed(self, claim_id: str, check: str, done: int, total: int) -> None:
        self.progress.append((claim_id, done, total))

    def finished(self, result: CheckResult, reused: bool) -> None:
        self.done.append((result.claim_id, reused))

    def noticed(self, message: str) -> None:
        self.notes.append(message)


def run_some(folder, *patterns, **options):
    options = {"profile": Profile.QUICK, "seed": 3, "jobs": 1, "limit_seconds": LIMIT, **options}
    return run(CLAIMS, CLAIMS.select(patterns), folder=folder, **options)


def evidence_of(finished, name):
    (found,) = [each for each in finished.claims if each.claim["id"] == name]
    return found.results[0].evidence


@pytest.fixture(scope="module", autouse=True)
def _settled_code():
    """One fingerprint for the whole module, so that editing the code while the tests run disturbs none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verify.runner.fingerprint", lambda sources: "0" * 64)
        yield


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """All misbehaving claims, run by one worker and by two."""
    recorder = Recorder()
    folder = tmp_path_factory.mktemp("one")
    one = run_some(folder, jobs=1, observer=recorder)
    two = run_some(tmp_path_factory.mktemp("two"), jobs=2)
    return folder, recorder, one, two


@pytest.mark.parametrize(
    ("name", "outcome", "message", "trace"),
    [
        ("good", Outcome.HOLDS, "1 of 1", ""),
        ("raises", Outcome.ERROR, "ZeroDivisionError: in the check <object object at 0x...>", "in raises"),
        ("exits", Outcome.ERROR, "SystemExit: 0", "in exits"),
        ("dies", Outcome.ERROR, "exit code 7", ""),
        ("crashes", Outcome.ERROR, "SIGSEGV", "in crashes"),
        ("hangs", Outcome.UNDECIDED, "time limit of 4 s", ""),
        ("prints", Outcome.HOLDS, "1 of 1", ""),
        ("reads-input", Outcome.ERROR, "EOFError", "in reads_input"),
        ("closes-channels", Outcome.ERROR, "exit code 1", "Bad file descriptor"),
        ("leaves-quietly", Outcome.ERROR, "exit code 0", ""),
        ("finds-no-traces", Outcome.HOLDS, "traces", ""),
        ("returns-number", Outcome.ERROR, "returned float; allowed: an Evidence", ""),
        ("returns-array", Outcome.ERROR, "evidence['evidence']['parameters']['W'] of type numpy.ndarray", ""),
        ("returns-wrong-field", Outcome.ERROR, "0.5 is not of type 'integer'", ""),
        ("returns-flood", Outcome.ERROR, "characters of JSON", ""),
        ("exhausts-memory", Outcome.UNDECIDED, "memory limit of ", ""),
        ("vacuous", Outcome.VACUOUS, "nothing was compared", ""),
    ],
)
def test_each_check_gets_the_outcome_that_it_deserves(everything, name, outcome, message, trace):
    _, _, one, _ = everything
    (claim,) = [each for each in one.claims if each.claim["id"] == f"bad.{name}"]
    (result,) = claim.results
    assert (result.evidence.outcome, claim.own) != (Outcome.HOLDS, Verdict.REFUTED)
    assert result.evidence.outcome is outcome
    assert message in result.evidence.summary
    assert trace in result.traceback
    assert (result.traceback == "") == (outcome is not Outcome.ERROR or name in ("dies", "leaves-quietly"))


def test_one_job_and_two_give_the_same_json(everything):
    _, _, one, two = everything
    assert one.complete and two.complete
    assert canonical(without_times(one.to_json())) == canonical(without_times(two.to_json()))
    assert one.to_json()["digest"] == two.to_json()["digest"]


def test_what_checks_print_goes_to_the_log_and_nowhere_else(everything, tmp_path, capfd):
    run_some(tmp_path, "bad.prints")
    assert capfd.readouterr() == ("", "")
    log = (tmp_path / OUTPUT_NAME).read_text(encoding="utf-8")
    assert "== bad.prints, prints" in log
    for text in ('{"event": "result", "data": 1}', "straight to the descriptor", "a warning of the check"):
        assert text in log
    log = (everything[0] / OUTPUT_NAME).read_text(encoding="utf-8")
    assert "\x00" not in log
    assert log.count("straight to the descriptor") == 1


def test_progress_reaches_the_observer(everything):
    _, recorder, _, _ = everything
    assert ("bad.prints", 2, 2) in recorder.progress
    assert sorted(recorder.begun) == sorted(name for name, _ in recorder.done)
    assert not any(reused for _, reused in recorder.done)


def test_numpy_scalars_become_plain_numbers(everything):
    parameters = evidence_of(everything[2], "bad.good").parameters
    assert parameters == {"n": 3, "flag": True, "scale": 0.5, "pair": [1, 2]}
    assert type(parameters["n"]) is int


def test_each_check_has_its_own_seed_and_global_generators_follow_it(everything):
    _, _, one, _ = everything
    results = {each.claim["id"]: each.results[0] for each in one.claims}
    assert results["bad.good"].seed == derive_seed(3, "bad.good", "good")
    values = [results[name].evidence.comparisons[0] for name in ("bad.good", "bad.also-good", "bad.prints")]
    assert len({each.measured.value for each in values}) == 3
    assert len({each.parameters["slips"] for each in values}) == 3


def test_checks_of_one_stream_share_their_seed_and_others_do_not(everything):
    _, _, one, _ = everything
    (claim,) = [each for each in one.claims if each.claim["id"] == "bad.shared"]
    seeds = {result.check: result.seed for result in claim.results}
    assert seeds["one"] == seeds["two"]
    assert len(set(seeds.values())) == 3


def test_a_run_with_misbehaving_checks_is_written_and_read(everything, tmp_path):
    _, _, one, _ = everything
    write_json(one, tmp_path / "run.json")
    assert read_json(tmp_path / "run.json").to_json() == one.to_json()


def test_a_control_that_is_not_refuted_is_the_exit_code(tmp_path):
    finished = run_some(tmp_path, "bad.toothless-control")
    assert finished.claims[0].own is Verdict.SUPPORTED
    assert finished.exit_code == 1


def test_nothing_compared_is_vacuous_and_the_exit_code_says_so(tmp_path):
    finished = run_some(tmp_path, "bad.vacuous")
    assert finished.claims[0].own is Verdict.VACUOUS
    assert finished.exit_code == 3


def test_a_check_of_a_larger_profile_does_not_run(tmp_path):
    finished = run_some(tmp_path, "bad.large")
    assert [result.check for result in finished.claims[0].results] == ["good"]
    assert finished.exit_code == 0


def test_a_finished_result_is_not_computed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("MISBEHAVING_MARKS", str(tmp_path))
    marks = tmp_path / "good"
    folder = tmp_path / "run"
    first = run_some(folder, "bad.good", "bad.raises")
    assert len(marks.read_text().split()) == 1
    recorder = Recorder()
    second = run_some(folder, "bad.*good", "bad.raises", observer=recorder)
    assert ("bad.good", True) in recorder.done
    # What is new, and what ended in an error that may pass, is computed.
    assert sorted(recorder.begun) == ["bad.also-good", "bad.raises"]
    assert second.claims[0].results[0].to_json() == first.claims[0].results[0].to_json()  # its time, too
    assert second.started == first.started
    assert without_times(run_some(tmp_path / "other", "bad.*good", "bad.raises").to_json()) == without_times(
        second.to_json()
    )
    for other in ({"seed": 4}, {"profile": Profile.STANDARD}, {"fresh": True}):
        recorder = Recorder()
        run_some(folder, "bad.good", observer=recorder, **other)
        assert recorder.begun == ["bad.good"]


def test_a_claim_without_a_check_in_the_profile_is_left_out_and_counted(tmp_path):
    recorder = Recorder()
    quick = run_some(tmp_path, "bad.good", "bad.waits", observer=recorder)
    assert [each.claim["id"] for each in quick.claims] == ["bad.good"]
    assert quick.exit_code == 0
    assert recorder.notes == ["1 of 2 claims and controls are checked in a larger profile only"]
    standard = run_some(tmp_path, "bad.good", "bad.waits", profile=Profile.STANDARD)
    assert [each.claim["id"] for each in standard.claims] == ["bad.good", "bad.waits"]
    with pytest.raises(InputError, match=r"profile quick for bad.waits; .*--profile standard"):
        run_some(tmp_path, "bad.waits")


def test_a_run_of_one_kind_takes_only_its_checks_and_says_so(tmp_path):
    recorder = Recorder()
    wanted = {"profile": Profile.STANDARD, "kinds": [Kind.EXPERIMENT]}
    found = run_some(tmp_path, "bad.good", "bad.waits", observer=recorder, **wanted)
    assert [each.claim["id"] for each in found.claims] == ["bad.waits"]
    assert found.kinds == (Kind.EXPERIMENT,) and found.to_json()["kinds"] == ["experiment"]
    assert Run.from_json(found.to_json()).kinds == found.kinds
    assert recorder.notes == ["1 of 2 claims and controls have no check of these kinds here"]
    with pytest.raises(InputError, match=r"profile quick with kinds formal for bad.good; .*other kinds"):
        run_some(tmp_path, "bad.good", kinds=[Kind.FORMAL])


def test_parts_of_long_work_outlive_a_run_until_a_fresh_one(tmp_path):
    def kept(**options):
        found = run_some(tmp_path, "bad.waits", profile=Profile.STANDARD, **options)
        return evidence_of(found, "bad.waits").parameters["kept"]

    assert kept() is False
    for path in tmp_path.glob("results.sqlite*"):  # as if the run had been killed within the check
        path.unlink()
    assert kept() is True
    assert kept(fresh=True) is False


def test_changed_code_makes_every_result_unfinished(tmp_path, monkeypatch):
    monkeypatch.setattr("verify.runner.fingerprint", verify.environment.fingerprint)
    run_some(tmp_path, "bad.good")
    monkeypatch.setattr("verify.environment._version", lambda name, missing: "another")
    recorder = Recorder()
    run_some(tmp_path, "bad.good", observer=recorder)
    assert recorder.begun == ["bad.good"]


def test_code_that_changes_during_a_run_leaves_nothing_finished(tmp_path, monkeypatch):
    prints = iter(["1" * 64, "2" * 64, "1" * 64, "1" * 64])
    monkeypatch.setattr("verify.runner.fingerprint", lambda sources: next(prints))
    recorder = Recorder()
    run_some(tmp_path, "bad.good", observer=recorder)
    assert "code changed" in recorder.notes[0]
    run_some(tmp_path, "bad.good", observer=recorder)
    assert recorder.begun == ["bad.good", "bad.good"]


def test_a_damaged_result_is_noticed_and_computed_again(tmp_path):
    first = run_some(tmp_path, "bad.good")
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b'"outcome":"HOLDS"', b'"outcome":"FAILS"'))
    recorder = Recorder()
    second = run_some(tmp_path, "bad.good", observer=recorder)
    assert "damaged" in recorder.notes[0]
    assert second.exit_code == 0
    assert without_times(second.to_json()) == without_times(first.to_json())


def test_a_store_of_another_version_stops_the_run_before_any_check(tmp_path):
    with Store.open(tmp_path) as store:
        store._connection.execute("PRAGMA user_version = 7")
    recorder = Recorder()
    with pytest.raises(InputError, match="schema version 7"):
        run_some(tmp_path, "bad.good", observer=recorder)
    assert recorder.begun == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jobs": 0}, "jobs 0"),
        ({"jobs": True}, "jobs True"),
        ({"seed": 0.5}, "seed 0.5"),
        ({"seed": 2**63}, "seed 9"),
        ({"limit_seconds": 0}, "time limit 0"),
        ({"memory": 1000}, "memory limit of 1000 bytes"),
        ({"limit_seconds": float("nan")}, "time limit nan"),
    ],
)
def test_an_argument_out_of_range_is_refused(tmp_path, wrong, message):
    with pytest.raises(InputError, match=message):
        run_some(tmp_path / "run", "bad.good", **wrong)
    assert not (tmp_path / "run").exists()


def test_one_check_performed_here_equals_the_one_of_a_worker(everything):
    _, _, one, _ = everything
    (found,) = [each for each in one.claims if each.claim["id"] == "bad.good"]
    again = perform(
        CLAIMS.claims["bad.good"], "good", profile=Profile.QUICK, seed=derive_seed(3, "bad.good", "good")
    )
    assert without_times(again.to_json()) == without_times(found.results[0].to_json())


def test_a_claim_that_its_source_defines_only_sometimes_is_an_error_not_a_crash(tmp_path):
    source = tmp_path / "moody.py"
    text = Path(EXAMPLE).read_text(encoding="utf-8")
    source.write_text(text + "import sys\nCLAIMS = CLAIMS if 'pytest' in sys.modules else CLAIMS[:1]\n")
    claims = registry([str(source)])
    finished = run(
        claims,
        claims.select(["circle.archimedes"]),
        profile=Profile.QUICK,
        seed=0,
        jobs=1,
        folder=tmp_path / "run",
    )
    assert finished.claims[0].own is Verdict.ERROR
    assert "without a condition" in finished.claims[0].results[0].evidence.summary


def start_run(folder, marks):
    """Another process that runs a good claim, then one that hangs, and prints what came out."""
    program = f"""
        import verify.runner
        from verify.claim import Profile
        from verify.registry import registry
        from verify.runner import run

        verify.runner.fingerprint = lambda sources: "0" * 64
        claims = registry([{MISBEHAVING!r}])
        selected = claims.select(["bad.good", "bad.hangs"])
        found = run(claims, selected, profile=Profile.QUICK, seed=3, jobs=1, folder={str(folder)!r})
        print(found.complete, found.exit_code, [each.own.value for each in found.claims])
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MISBEHAVING_MARKS": str(marks)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    wait_for(lambda: (marks / "child").exists() and (marks / "child").read_text())
    return process, int((marks / "hangs").read_text()), int((marks / "child").read_text())


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def gone(pid):
    """Whether a process has ended; a zombie that nobody has waited for yet has ended too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_an_interrupt_ends_the_workers_and_keeps_what_is_finished(tmp_path):
    folder = tmp_path / "run"
    process, worker, child = start_run(folder, tmp_path)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert output.strip() == "False 3 ['SUPPORTED', 'SKIPPED']"
    assert errors == ""
    wait_for(lambda: gone(worker) and gone(child))
    recorder = Recorder()
    again = run_some(folder, "bad.good", observer=recorder)
    assert recorder.done == [("bad.good", True)]
    assert again.complete


def test_kill_9_ends_the_workers_and_keeps_what_is_finished(tmp_path):
    folder = tmp_path / "run"
    process, worker, child = start_run(folder, tmp_path)
    process.kill()
    process.communicate(timeout=20)
    wait_for(lambda: gone(worker) and gone(child))
    recorder = Recorder()
    run_some(folder, "bad.good", observer=recorder)
    assert recorder.done == [("bad.good", True)]


def test_an_observer_that_raises_ends_the_workers(tmp_path, monkeypatch):
    monkeypatch.setenv("MISBEHAVING_MARKS", str(tmp_path))

    class Broken(Observer):
        def progressed(self, claim_id: str, check: str, done: int, total: int) -> None:
            raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError, match="the screen is gone"):
        run_some(tmp_path / "run", "bad.prints", observer=Broken())
    worker = int((tmp_path / "prints").read_text())
    wait_for(lambda: gone(worker))


def test_the_example_file_runs_and_holds(tmp_path):
    claims = registry([EXAMPLE])
    finished = run(claims, claims, profile=Profile.QUICK, seed=0, jobs=2, folder=tmp_path)
    assert {each.claim["id"]: each.own for each in finished.claims} == {
        "trig.double-angle": Verdict.PROVED,
        "circle.archimedes": Verdict.ENCLOSED,
        "quadrature.trapezoid": Verdict.SUPPORTED,
        "trig.double-angle-without-two": Verdict.REFUTED,
    }
    assert finished.exit_code == 0


def test_the_engine_loads_no_torch_and_workers_run_one_thread(tmp_path):
    program = "import verify.runner, verify.worker, sys; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "False"
    source = tmp_path / "threads.py"
    source.write_text(
        textwrap.dedent(
            """
            import os
            from verify.bound import UPPER
            from verify.claim import Check, Claim
            from verify.evidence import Evidence
            from verify.verdict import Kind, Outcome

            def look(context):
                names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHASHSEED")
                return Evidence(Outcome.HOLDS, "", parameters={name: os.environ.get(name) for name in names})

            CLAIMS = (
                Claim(id="a.b", title="", statement="", bound=UPPER, source="",
                      checks=(Check(Kind.PROPERTY, look, scope=""),)),
            )
            """
        )
    )
    claims = registry([str(source)])
    finished = run(claims, claims, profile=Profile.QUICK, seed=0, jobs=1, folder=tmp_path / "run")
    assert evidence_of(finished, "a.b").parameters == {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    assert json.loads(json.dumps(finished.to_json()))["complete"]


@pytest.mark.parametrize("kind", list(Kind))
def test_floats_prove_and_enclose_nothing(kind):
    found = add_in_floats(kind, {"alpha": 1e-6, "power": 0.99, "smallest_fault": 0.1})
    rigorous = kind in (Kind.FORMAL, Kind.SYMBOLIC, Kind.ENCLOSURE)
    assert found.outcome is (Outcome.ERROR if rigorous else Outcome.HOLDS)
    assert not rigorous or "exact numbers and balls" in found.summary


def test_a_statistical_check_says_how_often_it_errs():
    assert add_in_floats(Kind.PROPERTY, {}).outcome is Outcome.HOLDS
    found = add_in_floats(Kind.STATISTICAL, {"alpha": 1e-6})
    assert found.outcome is Outcome.ERROR
    assert "without power, smallest_fault" in found.summary


@pytest.mark.parametrize(
    ("name", "value"),
    [("alpha", 0), ("alpha", 1), ("power", 1), ("power", 0), ("smallest_fault", 0), ("alpha", float("nan"))],
)
def test_error_rates_are_such_that_a_sample_can_have_them(name, value):
    good = {"alpha": 1e-6, "power": 0.99, "smallest_fault": 0.1}
    assert add_in_floats(Kind.STATISTICAL, good).outcome is Outcome.HOLDS
    found = add_in_floats(Kind.STATISTICAL, {**good, name: value})
    assert found.outcome is Outcome.ERROR
    assert "no sample decides for certain" in found.summary


def add_in_floats(kind, error_rates):
    """The evidence of a check of this kind that compares two sums of floats."""

    def rounded(context):
        comparison = compare("sum", IDENTITY, measured(0.1 + 0.2), measured(0.3), resolution=1e-3)
        return from_comparisons([comparison], error_rates=error_rates)

    claim = Claim(
        id="bad.rounded",
        title="A sum",
        statement="0.1 + 0.2 = 0.3",
        bound=IDENTITY,
        source="here",
        checks=(Check(kind, rounded, scope="one sum", general=True),),
    )
    return perform(claim, "rounded", profile=Profile.QUICK, seed=0).evidence


def test_a_run_needs_no_folder_for_temporary_files(tmp_path, monkeypatch):
    def refuse(**options):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("verify.pool.tempfile.TemporaryFile", refuse)
    finished = run_some(tmp_path, "bad.prints")
    assert evidence_of(finished, "bad.prints").outcome is Outcome.HOLDS
    assert "straight to the descriptor" in (tmp_path / OUTPUT_NAME).read_text(encoding="utf-8")
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(InputError, match="set TMPDIR to another folder"):
        run_some(tmp_path / "other", "bad.prints")
