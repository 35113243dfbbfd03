"""The command from outside: exit codes, messages, files, interrupts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

import ntk_escape
from report.commands import failures, group, run_command
from report.commands.certificates import lines
from report.commands.options import PROFILES
from verify.claim import Profile

ROOT = Path(ntk_escape.__file__).resolve().parent

HEAD = """
import time
from flint import arb
from verify.bound import UPPER, compare
from verify.claim import Check, Claim
from verify.evidence import from_comparisons, skipped
from verify.quantity import ball, exact
from verify.verdict import Kind

def below(limit):
    def check(context):
        return from_comparisons([compare("pi", UPPER, ball(arb.pi()), exact(limit))])
    return check

def coarse(context):
    return from_comparisons([compare("pi", UPPER, ball(arb(3, 1)), exact("22/7"))])

def crash(context):
    raise ZeroDivisionError("in the check")

def slow(context):
    for done in range(600):
        context.progress(done, 600)
        time.sleep(0.1)

def claim(name, function, further=(), **more):
    checks = (Check(Kind.ENCLOSURE, function, scope="one number", general=True, name="check"), *further)
    more = {"title": "Pi is small", "statement": r"\\\\pi < 4", "bound": UPPER, "source": "here", **more}
    return Claim(id=name, checks=checks, **more)
"""

GOOD = 'claim("pi.good", below("22/7"))'
FALSE = 'claim("pi.false", below("3"))'
COARSE = 'claim("pi.coarse", coarse)'
CRASH = 'claim("pi.crash", crash)'
SLOW = 'claim("pi.slow", slow)'
SKIPPED = 'claim("pi.skipped", lambda context: skipped("nothing here; install something"))'
CONTROL = 'claim("pi.control", below("3"), control_of="pi.good", fault="3 in place of 22/7")'
SKIPPED_CONTROL = SKIPPED.replace("pi.skipped", "pi.absent")[:-1] + ', control_of="pi.good", fault="none")'
TOOTHLESS = 'claim("pi.toothless", below("4"), control_of="pi.good", fault="none")'


def write_claims(folder: Path, *claims: str) -> str:
    path = folder / "mine.py"
    path.write_text(
        HEAD.replace("\\\\\\\\", "\\\\") + "\nCLAIMS = (" + "".join(f"{each}, " for each in claims) + ")\n"
    )
    return str(path)


def command(*arguments: object) -> int:
    return run_command([str(each) for each in arguments], version="0")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ((GOOD, CONTROL, SKIPPED), 0),
        ((GOOD, FALSE, CRASH), 1),
        ((GOOD, TOOTHLESS), 1),
        ((GOOD, COARSE), 3),
        ((GOOD, CRASH), 3),
        ((GOOD, CONTROL, SKIPPED_CONTROL), 0),
    ],
)
def test_exit_codes_and_the_three_files(
    here: Path, capsys: pytest.CaptureFixture[str], claims: tuple[str, ...], code: int
) -> None:
    assert command("verify", write_claims(here, *claims), "--out", "out", "--jobs", 1) == code
    out, err = capsys.readouterr()
    assert {"results.json", "results.sqlite", "report.html"} <= {
        each.name for each in (here / "out").iterdir()
    }
    assert json.loads((here / "out" / "results.json").read_text())["exit_code"] == code
    assert "out/report.html" in out and "\x1b" not in out + err
    assert all(len(line) <= 80 for line in (out + err).splitlines())
    assert "Traceback" not in out + err


def test_what_was_skipped_is_said_once_with_its_reason(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("verify", write_claims(here, GOOD, CONTROL, SKIPPED, SKIPPED_CONTROL)) == 0
    out = capsys.readouterr().out
    assert "1 of 2 claims hold: 1 ENCLOSED, 1 SKIPPED" in out
    assert "1 of 2 controls REFUTED, 1 SKIPPED" in out
    assert out.count("2 checks: nothing here; install something") == 1


def test_a_run_of_one_kind_says_that_the_others_are_missing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = GOOD.replace("pi.good", "pi.both")[:-1] + ', further=(Check(Kind.SYMBOLIC, crash, scope="none"),))'
    mine = write_claims(here, GOOD, CONTROL, two)
    assert command("verify", mine, "--kind", "enclosure", "--out", "out") == 0
    assert "only checks of the kinds enclosure ran" in capsys.readouterr().out
    assert command("show", "pi.both", "--out", "out") == 0  # what was written is read again
    assert "ENCLOSED" in capsys.readouterr().out
    assert "Only checks of these kinds ran: enclosure." in (here / "out" / "report.html").read_text()
    assert command("verify", mine, "--kind", "formal") == 2
    assert "with kinds formal for pi.good, pi.control" in capsys.readouterr().err
    assert command("verify", mine, "--kind", "proof") == 2
    assert "'proof' is not one of" in capsys.readouterr().err


def test_the_second_run_computes_nothing_and_says_the_same(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = write_claims(here, GOOD, CONTROL)
    assert command("verify", mine) == 0
    first = capsys.readouterr()
    folder = here / "runs" / "quick-seed0"
    saved = (folder / "results.json").read_bytes()
    assert command("verify", mine) == 0
    second = capsys.readouterr()
    assert second.out == first.out and (folder / "results.json").read_bytes() == saved
    assert "2 of 2 checks were finished before" in second.err
    assert command("verify", mine, "--fresh") == 0
    assert "finished before" not in capsys.readouterr().err


def test_list_show_and_report_read_the_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = write_claims(here, GOOD, FALSE, CONTROL)
    assert command("verify", mine, "--out", "out") == 1
    page = (here / "out" / "report.html").read_text()
    (here / "out" / "report.html").unlink()
    capsys.readouterr()

    assert command("list", mine) == 0
    plain = capsys.readouterr().out
    assert "pi.good" in plain and "enclosure" in plain and "2 claims and 1 controls" in plain
    assert command("list", "--out", "out", "pi.f*") == 0
    shown = capsys.readouterr().out
    assert "REFUTED" in shown and "pi.good" not in shown
    assert command("list", "--out", "out", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["own"] for row in rows] == ["ENCLOSED", "REFUTED", "REFUTED"]

    assert command("show", "pi.false", "--out", "out") == 0
    shown = capsys.readouterr().out
    assert "REFUTED: " in shown and "≤ 3, margin -0.0472" in shown and "seed" in shown
    assert "LOOSE" not in shown and "1 of 1 inequalities came within 10% of their bounds" in shown
    assert command("show", mine, "pi.control") == 0
    shown = capsys.readouterr().out
    assert "falsifies pi.good" in shown and "3 in place of 22/7" in shown and "pi.false" not in shown
    assert all(len(line) <= 80 for line in shown.splitlines())

    assert command("report", "out") == 0
    assert capsys.readouterr().out == "out/report.html\n"
    assert (here / "out" / "report.html").read_text() == page
    assert command("report", "out/results.json", "--out", "again.html") == 0
    assert (here / "again.html").read_text() == page


def test_the_same_from_python(here: Path) -> None:
    finished = ntk_escape.verify(write_claims(here, GOOD), out="out", jobs=1)
    assert finished.exit_code == 0
    assert ntk_escape.read_json("out/results.json") == finished


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "taylor.remaindr"), ["'taylor.remaindr'", "near it: ", "ntk-escape list"]),
        (("verify", "MINE", "pi.god"), ["'pi.god'", "near it: ", "pi.good"]),
        (("verify", "absent.py"), ["absent.py", "check the path"]),
        (("verify", "broken.py"), ["broken.py", "SyntaxError"]),
        (("verify", "empty.py"), ["empty.py", "CLAIMS"]),
        (("verify", "MINE", "--out", "a-file/out"), ["a-file/out", "choose another folder"]),
        (("verify", "MINE", "--profile", "fast"), ["'fast'", "quick"]),
        (("verify", "MINE", "--seed", "x"), ["'x'"]),
        (("verify", "MINE", "--seed", str(2**70)), [str(2**70), "63 bits"]),
        (("verify", "MINE", "--jobs", "0"), ["0"]),
        (("show", "MINE", "pi.none"), ["'pi.none'"]),
        (("show",), ["ID|GLOB"]),
        (("list", "--out", "absent"), ["absent", "results.json", "ntk-escape verify"]),
        (("report", "absent"), ["absent", "results.json"]),
        (("report", "old"), ["ntk-escape/run/0", "ntk-escape/run/1"]),
        (("frobnicate",), ["frobnicate"]),
        (("verify", "--frobnicate"), ["frobnicate"]),
    ],
)
def test_bad_input_is_exit_2_with_a_message(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: list[str]
) -> None:
    mine = write_claims(here, GOOD)
    (here / "broken.py").write_text("CLAIMS = (\n")
    (here / "empty.py").write_text("")
    (here / "a-file").write_text("")
    (here / "old").mkdir()
    (here / "old" / "results.json").write_text('{"schema": "ntk-escape/run/0"}')
    assert command(*(mine if each == "MINE" else each for each in arguments)) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    for part in said:
        assert part in " ".join(err.split()), err


def test_a_file_of_claims_may_refer_to_the_suite(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = write_claims(here, 'claim("pi.good", below("22/7"), depends_on=("sphere.moments",))')
    assert command("list", mine) == 0
    assert "1 claims and 0 controls" in capsys.readouterr().out


def test_an_unexpected_error_leaves_a_file_and_no_traceback(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(here))

    def crash() -> None:
        raise RuntimeError("our own mistake")

    assert failures.guarded(crash) == 3
    err = capsys.readouterr().err
    assert "unexpected RuntimeError: our own mistake" in err and "Traceback" not in err
    (left,) = here.glob("ntk-escape-*.txt")
    assert str(left) in "".join(err.split("\n")).replace(" " * 11, "")
    assert "Traceback" in left.read_text()


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(here: Path) -> None:
    mine = write_claims(here, GOOD, SLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "ntk_escape", "verify", mine, "--out", "out", "--jobs", "1"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert "pi.good" in first, first
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == failures.INTERRUPTED
    assert "the same command goes on from there" in " ".join(out.split()) and "Traceback" not in err
    data = json.loads((here / "out" / "results.json").read_text())
    assert data["complete"] is False
    assert [(each["id"], each["own"]) for each in data["claims"]] == [
        ("pi.good", "ENCLOSED"),
        ("pi.slow", "SKIPPED"),
    ]


def test_a_reader_that_leaves_is_no_error(here: Path) -> None:
    mine = write_claims(here, *[GOOD.replace("good", f"g{k}") for k in range(300)])
    found = subprocess.run(
        f"{sys.executable} -m ntk_escape list {mine} | head -1",
        shell=True,
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stderr == "" and found.stdout.startswith("pi.g0")


def test_profiles_are_those_of_the_engine() -> None:
    assert tuple(PROFILES) == tuple(Profile)


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--help") == 0
    shown = capsys.readouterr().out
    assert re.search("0\\s+all\\s+hold", shown) and "130" in shown
    for name in group.commands:
        assert name in shown
        assert command(name, "--help") == 0
        assert "Usage: ntk-escape" in capsys.readouterr().out
    assert command("--version") == 0
    assert capsys.readouterr().out == "ntk-escape 0\n"


SMALL = ("train", "--d", 10, "--n", 60, "--m", 40, "--steps", 30)


def test_train_writes_a_run_and_goes_on_from_its_checkpoint(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*SMALL, "--out", "whole") == 0
    out, err = capsys.readouterr()
    assert "test error" in out and "whole/run.json" in out and "step 30/30, objective " in err
    assert {each.name for each in (here / "whole").iterdir()} == {"run.json", "checkpoint.npz"}
    assert command(*SMALL[:-1], 10, "--out", "parts") == 0
    assert command(*SMALL, "--out", "parts", "--resume") == 0
    err = capsys.readouterr().err
    assert "step 12/30" in err and "step 9/30" not in err  # it really went on from step 10
    whole, parts = (json.loads((here / name / "run.json").read_text()) for name in ("whole", "parts"))
    assert whole["test_error"] == parts["test_error"] and whole["objective"] == parts["objective"]


def test_train_overwrites_nothing_unasked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*more: object) -> str:
        assert command(*SMALL, "--out", "used", *more) == 2
        return " ".join(capsys.readouterr().err.split())

    files = here / "used"
    assert command(*SMALL, "--out", "used") == 0
    before = {each.name: each.read_bytes() for each in files.iterdir()}
    capsys.readouterr()
    said = refused("--seed", 1)
    assert "holds run.json and checkpoint.npz" in said and "--resume" in said and "--fresh" in said
    assert "instead of" in refused("--seed", 1, "--resume")  # a checkpoint of other settings
    assert "--resume and --fresh" in refused("--resume", "--fresh")
    assert {each.name: each.read_bytes() for each in files.iterdir()} == before
    # An interrupted training is no less worth keeping, nor is one without a checkpoint.
    (files / "run.json").unlink()
    assert "holds checkpoint.npz" in refused()
    (files / "checkpoint.npz").rename(here / "elsewhere")
    (files / "run.json").write_text("{}")
    for more in ((), ("--resume",)):
        said = refused(*more)
        assert "holds run.json of" in said and "to do: use --fresh" in said
    assert (files / "run.json").read_text() == "{}"
    # L-BFGS writes no checkpoint: with --fresh that of the training before must not stay beside its run.json.
    (here / "elsewhere").rename(files / "checkpoint.npz")
    assert command(*SMALL, "--optimizer", "lbfgs", "--out", "used", "--fresh") == 0
    assert {each.name for each in files.iterdir()} == {"run.json"}
    assert json.loads((files / "run.json").read_text())["config"]["optimizer"] == "lbfgs"


def test_train_names_its_folder_after_the_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(*SMALL) == 0
    assert command(*SMALL, "--lr", 0.5) == 0
    assert command(*SMALL, "--seed", 1) == 0
    names = sorted(each.name for each in (here / "runs").iterdir())
    assert len(names) == 3 and [name[:-6] for name in names] == ["train-seed0-"] * 2 + ["train-seed1-"]
    assert command(*SMALL) == 2 and command(*SMALL[:-1], 40) == 2
    assert "to go on from it" in " ".join(capsys.readouterr().err.split())
    assert command(*SMALL[:-1], 40, "--resume") == 0  # more steps of the same training find its folder
    assert sorted(each.name for each in (here / "runs").iterdir()) == names


def test_train_that_diverges_early_keeps_the_last_finite_state(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*SMALL, "--lr", "1e9", "--out", "diverged") == 2
    assert "the last finite state is in diverged/checkpoint.npz (step " in " ".join(
        capsys.readouterr().err.split()
    )
    assert [each.name for each in (here / "diverged").iterdir()] == ["checkpoint.npz"]


def test_train_with_a_computed_step(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(*SMALL, "--step-rule", "smooth", "--momentum", "0", "--out", "smooth") == 0
    values = [each["value"] for each in json.loads((here / "smooth" / "run.json").read_text())["history"]]
    assert len(values) == 31 and all(after < before for before, after in pairwise(values))


def test_train_certifies_what_it_reached(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ("train", "--d", 6, "--n", 40, "--m", 40, "--steps", 60, "--lambda", "1,1,0.1,0.01")
    assert command(*small, "--certify", "--hessian", "--out", "certified") == 0
    found = json.loads((here / "certified" / "run.json").read_text())
    measured, said = found["measured"], capsys.readouterr().out
    (lower, _), (_, objective) = measured["lower_bound"], measured["network_objective"]
    assert 0 < lower < found["objective"] <= objective * (1 + 1e-6)  # trained in float32
    above = re.search(r"the network +at most ([\d.]+) above", said)
    assert above and objective - lower <= float(above[1])
    assert measured["risk"][0] <= found["exact_error"] + 1e-9 <= measured["risk"][1] + 2e-9
    assert measured["risk"][1] - measured["risk"][0] < 1e-10
    assert abs(found["test_error"] - found["exact_error"]) < 5 * found["test_standard_error"]
    assert "least curvature" in said and "certified error" in said


def test_certified_figures_are_rounded_to_the_side_on_which_they_stay_true() -> None:
    wide = {
        "second_order_objective": [0.25, 0.3333333333],
        "network_objective": [0.3, 0.4000000001],
        "lower_bound": [0.20000009, 0.21],
        "coupling": [0.1, 0.11111],
        "risk": [0.12612345678901236, 0.12612345678901241],
    }
    said = list(lines(wide, "full"))
    figures = [Fraction(each) for line in said for each in re.findall(r"\d\.\d+", line)]
    bound, gap, share, above, coupling, low, high = figures
    exact = {name: [Fraction(end) for end in ends] for name, ends in wide.items()}
    lowest = exact["lower_bound"][0]
    assert bound <= lowest and lowest - bound < Fraction(1, 10**6)
    assert gap >= exact["second_order_objective"][1] - lowest
    assert share >= (exact["second_order_objective"][1] - lowest) / exact["second_order_objective"][0]
    assert above >= exact["network_objective"][1] - lowest
    assert coupling >= exact["coupling"][1]
    assert low <= exact["risk"][0] and high >= exact["risk"][1]
    negative = {**wide, "second_order_objective": [-0.1, 0.1]}
    assert "of it" not in " ".join(lines(negative, "second-order"))


@pytest.mark.parametrize(
    "setting",
    [("--model", "quadratic"), ("--lambda", "1,1,1,0"), ("--activation", "tanh(z + 1/3)")],
)
def test_train_refuses_a_certificate_that_cannot_be_had_before_it_trains(
    here: Path, capsys: pytest.CaptureFixture[str], setting: tuple[str, ...]
) -> None:
    assert command(*SMALL, *setting, "--certify", "--out", "none") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--certify with model" in said and "leave --certify out" in said
    assert not (here / "none").exists()


def test_an_interrupted_certificate_leaves_the_training(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("report.commands.certificates.measure", interrupt)
    assert command(*SMALL, "--certify", "--out", "stopped") == 130
    assert json.loads((here / "stopped" / "run.json").read_text())["exact_error"] > 0
    assert "holds the training" in capsys.readouterr().err


def test_a_certificate_that_fails_leaves_the_training(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.certificate.memory_estimate", lambda objective: 1 << 50)
    assert command(*SMALL, "--certify", "--out", "large") == 0
    assert json.loads((here / "large" / "run.json").read_text())["exact_error"] > 0
    assert "certificate     none; given: " in capsys.readouterr().out


def test_train_with_a_formula_and_with_an_inadmissible_activation(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*SMALL, "--activation", "sin(z) + cos(z)", "--out", "formula") == 0
    assert command(*SMALL, "--out", "named") == 0
    assert command(*SMALL, "--activation", "tanh(z + 1/3)", "--out", "own") == 0
    names = ("formula", "named", "own")
    formula, named, own = (json.loads((here / name / "run.json").read_text()) for name in names)
    assert formula["test_error"] == named["test_error"] and formula["config"]["activation"] == "sincos"
    assert own["config"]["activation"][0] == "tanh" and own["test_error"] < own["null_risk"]
    capsys.readouterr()
    assert command(*SMALL, "--activation", "tanh", "--out", "tanh") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "vanishes on a polynomial of degree ≤ 1" in said and "(n_unlabeled)" in said
    assert command(*SMALL, "--activation", "tanh", "--n-unlabeled", "90", "--out", "tanh", "--fresh") == 0
    assert "not admissible for k = 1 at d = 10: lambda_0 = 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--m", "7"), ["m=7", "m=8"]),
        (("--n", "40000000", "--m", "40000"), ["the training, which would take", "GB"]),
        (
            ("--d", "40", "--n", "800", "--m", "8000", "--certify"),
            ["the certificate, which would take", "GB"],
        ),
        (("--d", "2"), ["d=2", "3"]),
        (("--n", "0"), ["n=0"]),
        (("--k", "10"), ["k=10 at d=10"]),
        (("--lambda", "1,1,-1,1"), ["-1", "none negative"]),
        (("--lambda", "1,2"), ["'1,2'", "four numbers"]),
        (("--loss", "huber"), ["'huber'", "squared"]),
        (("--activation", "z**2"), ["M_1 is infinite", "bounded"]),
        (("--activation", "abs(z)"), ["abs", "smooth"]),
        (("--activation", "sqrt(z)"), ["not smooth", "z = 0"]),
        (("--activation", "__import__('os')"), ["__import__"]),
        (("--activation", "sin-cos"), ["did you mean the built-in sincos"]),
        (("--lr", "1e9"), ["not finite at step", "checkpoint"]),
        (("--step-rule", "smoth"), ["step_rule 'smoth'", "did you mean 'smooth'"]),
        (("--step-rule", "smooth", "--lr", "1"), ["--lr 1 with --step-rule smooth", "leave one out"]),
        (("--step-rule", "smooth", "--optimizer", "lbfgs"), ["L-BFGS finds its steps by line search"]),
        (("--step-rule", "smooth", "--activation", "tanh(z + 1/3)"), ["the smoothness constant", "fixed"]),
        (("--out", "a-file/out"), ["a-file/out", "cannot be written"]),
        (("--resume", "--out", "bad"), ["bad/checkpoint.npz", "damaged"]),
    ],
)
def test_bad_input_to_train(
    here: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: list[str]
) -> None:
    (here / "a-file").write_text("")
    (here / "bad").mkdir()
    (here / "bad" / "checkpoint.npz").write_bytes(b"no checkpoint")
    assert command(*SMALL, *more) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    for part in said:
        assert part in " ".join(err.split()), err


def test_derive_says_what_is_admissible_and_proves_what_it_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command("derive", "--activation", "sin(z) + cos(z)") == 0
    shown = capsys.readouterr().out
    assert "admissible for k = 1 at d = 40" in shown and "M_1 = sup |sigma'| = [1.414213" in shown
    assert "f^(2)(x; W) = " in shown and "R_4" in shown and "NOT proved" not in shown
    assert command("derive", "--activation", "tanh", "--format", "latex", "--d", "10") == 1
    shown = capsys.readouterr().out
    assert shown.startswith("% not admissible for k = 1 at d = 10: lambda_0 = 0")
    assert r"\[ f^{(2)}(x;W) = " in shown


def test_a_caret_stays_under_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("derive", "--activation", "sin(z) + foo(z)") == 2
    lines = capsys.readouterr().err.splitlines()
    at = next(k for k, line in enumerate(lines) if line.strip() == "^")
    assert lines[at - 1][lines[at].index("^") :].startswith("foo(z)")
