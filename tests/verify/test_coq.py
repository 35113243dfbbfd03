"""The tool and its cache: compiled once, and nothing is believed that a crash, a crowd or a disk left."""

import json
import multiprocessing
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

import verify.cache
from theory.errors import InputError
from verify.cache import VARIABLE, cache_folder, entry
from verify.compiled import NotCompiled, ask, compile_layer
from verify.coq import INSTALL, Ending, Toolchain, described, missing, toolchain
from verify.environment import environment
from verify.layer import Layer

SAMPLE = Layer(Path(__file__).with_name("formal_sample"), "Sample", libraries=())
BOTH = ["Base.v", "Sample.v"]
AT_LINE_3 = "printf 'File \"./A.v\", line 3, characters 0-4:\\nError: {}\\n' >&2; "


def layer_of(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(text)
    return Layer(folder, "Mine", libraries=())


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen within 10 s")


def children():
    task = Path(f"/proc/{os.getpid()}/task")
    return [pid for thread in task.iterdir() for pid in (thread / "children").read_text().split()]


def test_coq_is_found(coq):
    assert tuple(map(int, coq.version.split(".")[:2])) >= (8, 16)
    assert missing(()) == ""
    assert environment()["coq"] == described()
    assert coq.version in described()


def test_without_coq_it_is_said_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toolchain() is None
    assert environment()["coq"] == "not installed"
    assert missing() == f"Coq is not installed: {INSTALL}"
    assert "apt-get install -y --no-install-recommends coq libcoq-coquelicot libcoq-interval" in INSTALL


@pytest.mark.parametrize("script", ["exit 1", "echo", "echo nonsense"])
def test_a_coqc_that_does_not_work_counts_as_none(tmp_path, monkeypatch, script):
    (tmp_path / "coqc").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "coqc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toolchain() is None


def test_an_old_coq_and_a_missing_library_are_named(tmp_path, monkeypatch):
    (tmp_path / "coqc").write_text(
        f'#!/bin/sh\ncase "$1" in -where) echo {tmp_path};; *) echo 8.9.1 4.1;; esac\n'
    )
    (tmp_path / "coqc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == f"Coq 8.9.1 is too old: {INSTALL}"
    assert described() == "8.9.1 with no further library"
    (tmp_path / "coqc").write_text((tmp_path / "coqc").read_text().replace("8.9.1", "8.20.0"))
    (tmp_path / "user-contrib" / "Interval").mkdir(parents=True)
    from verify import coq as module

    module._asked.cache_clear()
    assert missing() == f"Coquelicot, Flocq for Coq is not installed: {INSTALL}"


def test_a_module_is_compiled_once_and_never_beside_its_source(fake, fresh_cache):
    before = sorted(SAMPLE.folder.iterdir())
    folders = compile_layer(SAMPLE, "Sample")
    assert compile_layer(SAMPLE, "Sample") == folders
    assert fake.compiled == BOTH
    assert [
        (folder / f"{name}.vo").is_file() for folder, name in zip(folders, ("Base", "Sample"), strict=True)
    ]
    assert all(folder.is_relative_to(fresh_cache) for folder in folders)
    assert sorted(SAMPLE.folder.iterdir()) == before


def test_a_change_compiles_again_what_rests_on_it(fake, fresh_cache, tmp_path):
    texts = {"A": "Definition a := 1.", "B": "From Mine Require Import A.", "C": "Definition c := 2."}
    for text in ("Definition a := 1.", "Definition a := 2.", "Definition a := 1."):
        layer = layer_of(tmp_path, **{**texts, "A": text})
        compile_layer(layer, "B")
        compile_layer(layer, "C")
    assert fake.compiled == ["A.v", "B.v", "C.v", "A.v", "B.v"]


def test_an_answer_is_kept_whether_it_is_yes_or_no(fake, fresh_cache):
    yes, no = (
        "From Sample Require Import Base.\nPrint Assumptions add_one.",
        "From Sample Require Import Base.\nCheck no.",
    )
    for _ in range(2):
        assert ask(SAMPLE, "Base", yes).output == "Closed under the global context\n"
        answer = ask(SAMPLE, "Base", no)
        assert (answer.ending, answer.line) == (Ending.REJECTED, 2)
        assert answer.message == "The reference no was not found in the current environment."
    assert fake.compiled == ["Base.v", "Probe.v", "Probe.v"]


def test_a_rejected_module_is_named_with_the_reason(fake, fresh_cache, tmp_path):
    layer = layer_of(tmp_path, A="Definition a : nat := true.", B="From Mine Require Import A.")
    for _ in range(2):
        with pytest.raises(NotCompiled) as caught:
            compile_layer(layer, "B")
        assert caught.value.module == "A"
        assert caught.value.answer.ending is Ending.REJECTED and '"bool"' in caught.value.answer.message
    assert fake.compiled == ["A.v"]


@pytest.mark.parametrize("prefix", ["Coq", "Flocq", "Other", "a b", "A.B", ""])
def test_a_prefix_that_is_taken_or_no_name_is_refused(prefix):
    with pytest.raises(InputError, match="a layer with the prefix"):
        Layer(Path("."), prefix, libraries=("Other",))


def test_a_missing_module_and_a_circle_are_refused(tmp_path):
    with pytest.raises(InputError, match="module Absent of Sample"):
        SAMPLE.closure("Absent")
    with pytest.raises(InputError, match="no module has such a name"):
        SAMPLE.closure("../Base")
    layer = layer_of(tmp_path, A="From Mine Require Import B.", B="Require Mine.A.")
    with pytest.raises(InputError, match=r"Mine.A -> Mine.B -> Mine.A"):
        layer.closure("A")


def test_a_layer_stands_on_another(coq, tmp_path):
    (tmp_path / "Top.v").write_text("From Sample Require Import Base.\nDefinition two := ones 2.\n")
    top = Layer(tmp_path, "Over", under=(SAMPLE,), libraries=())
    assert [source.full_name for source in top.closure("Top")] == ["Sample.Base", "Over.Top"]
    assert top.faults("Top") == ()
    assert (
        ask(top, "Top", "From Over Require Import Top.\nCheck eq_refl : two = 2.").ending is Ending.ACCEPTED
    )


def test_no_message_holds_a_path(coq, tmp_path):
    answer = ask(
        layer_of(tmp_path, A="Definition a := 1."),
        "A",
        "From Mine Require Import A.\nLocate Library Mine.A.\nFail.",
    )
    assert answer.ending is Ending.REJECTED
    assert str(tmp_path) not in answer.message + answer.output and str(cache_folder()) not in answer.output


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1] + b"?", lambda raw: raw[: len(raw) // 2], lambda raw: b""]
)
def test_a_damaged_file_is_compiled_again(fake, fresh_cache, damage):
    for target in ("Base.vo", "seal.json"):
        path = compile_layer(SAMPLE, "Base")[-1] / target
        path.write_bytes(damage(path.read_bytes()))
        before = len(fake.compiled)
        compile_layer(SAMPLE, "Base")
        compile_layer(SAMPLE, "Base")
        assert fake.compiled[before:] == ["Base.v"]


def test_a_module_is_compiled_again_against_other_bytes(fake, fresh_cache):
    """A compiled file names the very bytes of those that it loads, even where one text was compiled twice."""
    compile_layer(SAMPLE, "Sample")
    for path in fresh_cache.glob("coq-Base-*/*"):
        path.unlink()
    fake.does('"$REAL" "$@" && echo >> Base.vo')
    compile_layer(SAMPLE, "Base")
    fake.does('exec "$REAL" "$@"')
    compile_layer(SAMPLE, "Sample")
    compile_layer(SAMPLE, "Sample")
    assert fake.compiled == ["Base.v", "Sample.v", "Base.v", "Sample.v"]


@pytest.mark.parametrize("data", [{"nope": 1}, [], None, {"ending": "?"}, {"on": {}, "rejected": None}])
def test_sealed_data_of_another_form_is_not_believed(fake, fresh_cache, data):
    """As another version of this program may have left it, with a seal in order."""
    text = "From Sample Require Import Base.\nCheck no."
    answer = ask(SAMPLE, "Base", text)
    for folder in fresh_cache.iterdir():
        name, _, key = folder.name.rpartition("-")
        with entry(name, key) as place:
            place.seal(data)
            (place.folder / "Base.vo").unlink(missing_ok=True)
    assert ask(SAMPLE, "Base", text) == answer
    assert fake.compiled == ["Base.v", "Probe.v"] * 2


def test_an_edited_answer_is_not_believed(fake, fresh_cache):
    text = "From Sample Require Import Base.\nPrint Assumptions add_one."
    ask(SAMPLE, "Base", text)
    (seal,) = fresh_cache.glob("coq-answer-*/seal.json")
    seal.write_text(seal.read_text().replace("Closed", "closed"))
    assert ask(SAMPLE, "Base", text).output.startswith("Closed")


def test_a_time_limit_ends_the_process_and_is_not_kept(coq, fresh_cache, tmp_path):
    layer = layer_of(tmp_path, A="Ltac spin := idtac; spin.\nTheorem t : True.\nProof. spin. Qed.")
    before = children()  # another test of this process may have left one, such as a resource tracker
    with pytest.raises(NotCompiled) as caught:
        compile_layer(layer, "A", limit=0.5)
    assert caught.value.answer.ending is Ending.LIMITED
    assert caught.value.answer.message == "Coq was stopped at its time limit of 0.5 s"
    assert set(children()) <= set(before)
    (place,) = fresh_cache.iterdir()
    assert [each.name for each in place.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("script", "ending", "message"),
    [
        ("kill -SEGV $$", Ending.CRASHED, "ended by signal 11"),
        ("kill -XCPU $$", Ending.LIMITED, "at its limit of processor time"),
        (AT_LINE_3.format("No such lemma.") + "exit 129", Ending.CRASHED, "No such lemma"),
        ("echo 'Fatal error: exception Out_of_memory' >&2; exit 2", Ending.CRASHED, "Out_of_memory"),
        (AT_LINE_3.format("Anomaly: x") + "exit 129", Ending.CRASHED, "Anomaly"),
        (AT_LINE_3.format("Stack overflow.") + "exit 1", Ending.LIMITED, "Stack"),
        ("echo 'Error: Cannot find something' >&2; exit 1", Ending.CRASHED, "Cannot find"),
    ],
)
def test_a_breakdown_is_no_rejection_and_is_not_kept(fake, fresh_cache, tmp_path, script, ending, message):
    layer = layer_of(tmp_path, A="Definition a := 1.")
    fake.does(script)
    with pytest.raises(NotCompiled) as caught:
        compile_layer(layer, "A")
    assert caught.value.answer.ending is ending and message in caught.value.answer.message
    fake.does('exec "$REAL" "$@"')
    assert compile_layer(layer, "A")
    fake.does(script.replace("A.v", "Probe.v"))
    assert ask(layer, "A", "Check 1.").ending is ending
    fake.does('exec "$REAL" "$@"')
    assert ask(layer, "A", "Check 1.").ending is Ending.ACCEPTED


def test_a_tactic_may_say_what_a_full_disk_says(coq, tmp_path):
    layer = layer_of(tmp_path, A='Lemma l : True.\nProof. fail 0 "Permission denied". Qed.')
    with pytest.raises(NotCompiled, match="Permission denied") as caught:
        compile_layer(layer, "A")
    assert caught.value.answer.ending is Ending.REJECTED


def test_another_compiler_s_answers_are_not_believed(coq, fresh_cache, tmp_path, monkeypatch):
    """One of the same version on the PATH, for a while, that accepts all."""
    text = "From Sample Require Import Base.\nCheck no."
    (tmp_path / "coqc").write_text(
        f'#!/bin/sh\nREAL="{coq.coqc}"\ncase "$*" in *Probe.v) exit 0;; *) exec "$REAL" "$@";; esac\n'
    )
    (tmp_path / "coqc").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        assert ask(SAMPLE, "Base", text).ending is Ending.ACCEPTED
    assert ask(SAMPLE, "Base", text).ending is Ending.REJECTED


def test_the_identity_holds_the_compiler_and_all_compiled_files(tmp_path):
    files = [
        tmp_path / "real",
        tmp_path / "theories" / "Reals" / "Reals.vo",
        tmp_path / "user-contrib" / "Interval" / "Tactic.vo",
    ]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "coqc").symlink_to("real")
    tool = Toolchain(str(tmp_path / "coqc"), "8.16.1", str(tmp_path))
    seen = {tool.identity()}
    for path in files:
        path.write_text("changed")
        seen.add(tool.identity())
        os.utime(path, (0, 0))
        seen.add(tool.identity())
    assert len(seen) == 7
    assert tool.identity() in seen
    (tmp_path / "real").rename(tmp_path / "other")  # the same size and time, behind the same link
    (tmp_path / "coqc").unlink()
    (tmp_path / "coqc").symlink_to("other")
    assert tool.identity() not in seen


def test_a_crowd_compiles_each_module_once(fake, fresh_cache):
    fake.does('sleep 0.3; exec "$REAL" "$@"')
    context = multiprocessing.get_context("fork")
    crowd = [context.Process(target=partial(compile_layer, SAMPLE, "Sample")) for _ in range(3)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(30)
    assert [each.exitcode for each in crowd] == [0, 0, 0]
    assert sorted(fake.compiled) == BOTH


def compile_in_a_group():
    os.setpgrp()
    compile_layer(SAMPLE, "Base")


@pytest.mark.parametrize("whole_group", [True, False])
def test_what_a_killed_process_left_is_not_believed(fake, fresh_cache, tmp_path, whole_group):
    """The compiler has written half of a file when the process is killed, with it or without it."""
    fake.does(f'echo half > Base.vo; echo $$ > "{tmp_path}/pid"; exec sleep 600')
    process = multiprocessing.get_context("fork").Process(target=compile_in_a_group)
    process.start()
    wait_for((tmp_path / "pid").exists)
    wait_for((tmp_path / "pid").read_text)
    compiler = int((tmp_path / "pid").read_text())
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        fake.does('exec "$REAL" "$@"')
        (folder,) = compile_layer(SAMPLE, "Base")
        assert (folder / "Base.vo").stat().st_size > 1000
        assert list(folder.glob("work-*")) == []
        running = Path(f"/proc/{compiler}/stat")
        wait_for(lambda: not whole_group or not running.exists() or ") Z " in running.read_text())
        if not whole_group:  # then the system ends it, by its processor time
            assert "Max cpu time              160" in Path(f"/proc/{compiler}/limits").read_text()
    finally:
        if not whole_group:
            os.kill(compiler, signal.SIGKILL)


def test_the_places_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "ntk-escape"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "shared" / "ntk-escape"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_a_cache_that_cannot_be_made_or_is_full_is_reported(fake, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(InputError, match=rf"set {VARIABLE} to another folder"):
        compile_layer(SAMPLE, "Base")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "full"))
    fake.does("echo 'Error: System error: \"./Base.vo: No space left on device\"' >&2; exit 1")
    with pytest.raises(InputError, match=rf"No space left.*set {VARIABLE}"):
        compile_layer(SAMPLE, "Base")
    fake.does('exec "$REAL" "$@"')

    def fail(source, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(verify.cache.os, "replace", fail)
        with pytest.raises(InputError, match="No space left"):
            compile_layer(SAMPLE, "Base")
    (folder,) = compile_layer(SAMPLE, "Base")
    assert sorted(each.name for each in folder.iterdir()) == ["Base.vo", "lock", "seal.json"]


def test_a_seal_counts_only_as_it_was_written(fresh_cache):
    with entry("thing", "0" * 64) as place:
        assert place.load(dict) is None
        place.seal({"a": [1]})
        assert place.load(dict) == {"a": [1]}
        seal = place.folder / "seal.json"
        for text in ("", "{", "[]", "{}", json.dumps({**json.loads(seal.read_text()), "data": {"a": [2]}})):
            seal.write_text(text)
            assert place.load(dict) is None
