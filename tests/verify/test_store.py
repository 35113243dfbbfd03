"""The store keeps every finished result whatever happens, and never gives back a wrong one."""

import importlib.util
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from theory.errors import InputError
from verify.evidence import Evidence
from verify.run import CheckResult
from verify.store import FILE_NAME, Key, Store
from verify.verdict import Outcome

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEY = Key("print", "quick", 1)

spec = importlib.util.spec_from_file_location("store_writer", HERE / "writer.py")
assert spec is not None and spec.loader is not None
writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(writer)


def filled(folder, count=20, size=300):
    """The results of a store with `count` of them."""
    results = [writer.result_of(index, size) for index in range(count)]
    with Store.open(folder) as store:
        for result in results:
            store.put(result, KEY)
    return {(result.claim_id, result.check): result for result in results}


def read(folder, key=KEY, **options):
    with Store.open(folder) as store:
        return store.results(key, **options)


def complains(path):
    """Whether SQLite itself finds the file damaged."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA quick_check").fetchone()[0] != "ok"
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()


def start_writer(folder, start, count, size):
    return subprocess.Popen(
        [sys.executable, str(HERE / "writer.py"), str(folder), *map(str, (start, count, size))],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_results_come_back_equal(tmp_path):
    results = filled(tmp_path)
    assert read(tmp_path) == results
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]  # one file, no journal left


@pytest.mark.parametrize(
    "other", [Key("other", "quick", 1), Key("print", "full", 1), Key("print", "quick", 2)]
)
def test_a_result_counts_only_under_its_own_key(tmp_path, other):
    filled(tmp_path)
    assert read(tmp_path, other) == {}


def test_a_seed_of_any_size_is_a_key(tmp_path):
    with Store.open(tmp_path) as store:
        for seed in (2**80, -(2**80)):
            store.put(writer.result_of(seed, 3), Key("print", "quick", seed))
    assert len(read(tmp_path, Key("print", "quick", 2**80))) == 1


def test_a_later_result_takes_the_place_of_an_earlier_one(tmp_path):
    filled(tmp_path, 1)
    again = CheckResult("a.c0", "check", 0, Evidence(Outcome.FAILS, "changed"), 1.0)
    with Store.open(tmp_path) as store:
        store.put(again, KEY)
        assert store.results(KEY) == {("a.c0", "check"): again}


def test_a_result_that_is_not_final_is_kept_but_not_taken_as_finished(tmp_path):
    results = filled(tmp_path, 2)
    with Store.open(tmp_path) as store:
        store.put(writer.result_of(2, 5), KEY, final=False)
        assert len(store.results(KEY)) == 3
        assert store.results(KEY, final_only=True) == results
        store.forget(KEY)
        assert len(store.results(KEY)) == 3
        assert store.results(KEY, final_only=True) == {}


def test_the_start_of_a_run_is_the_first_one(tmp_path):
    with Store.open(tmp_path) as store:
        assert store.begin(KEY, "first") == "first"
        assert store.begin(KEY, "second") == "first"
        assert store.begin(Key("print", "quick", 2), "other") == "other"
        assert store.begin(KEY, "third", again=True) == "third"


def test_kill_9_at_random_moments_loses_no_finished_result(tmp_path):
    rng = random.Random(0)
    safe: list[int] = []
    for attempt in range(6):
        process = start_writer(tmp_path, 1000 * attempt, 900, 200_000)
        assert process.stdout is not None
        safe.append(int(process.stdout.readline()))  # it is writing now
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        safe += [int(line) for line in process.stdout.read().split()]
        process.wait()
        process.stdout.close()
        found = read(tmp_path)
        for index in safe:
            assert found[f"a.c{index}", "check"] == writer.result_of(index, 200_000)
        # At most the one in flight at each kill is there without having been reported.
        assert len(found) <= len(safe) + attempt + 1
    assert len(safe) > 12


def test_two_runs_at_once_lose_nothing(tmp_path):
    processes = [start_writer(tmp_path, start, 40, 5_000) for start in (0, 1000)]
    outputs = [process.communicate(timeout=50)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert all(len(output.split()) == 40 for output in outputs)
    found = read(tmp_path)
    expected = [writer.result_of(index, 5_000) for start in (0, 1000) for index in range(start, start + 40)]
    assert sorted(found.values(), key=lambda each: each.seed) == expected


def test_a_lock_that_stays_is_reported(tmp_path):
    filled(tmp_path, 1)
    with Store.open(tmp_path, wait_seconds=0.1) as store:
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match="locked by another process"):
            store.put(writer.result_of(1, 5), KEY)
        with pytest.raises(InputError, match="locked by another process"):
            Store.open(tmp_path, wait_seconds=0.1)
        other.execute("ROLLBACK")
        other.close()
        store.put(writer.result_of(1, 5), KEY)
    assert len(read(tmp_path)) == 2


def test_a_lock_that_passes_is_waited_for(tmp_path):
    filled(tmp_path, 1)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    release.start()
    with Store.open(tmp_path) as store:
        store.put(writer.result_of(1, 5), KEY)
    release.join()
    other.close()
    assert len(read(tmp_path)) == 2


def test_a_flipped_bit_in_a_stored_result_is_noticed(tmp_path):
    results = filled(tmp_path, 3)
    path = tmp_path / FILE_NAME
    raw = bytearray(path.read_bytes())
    place = raw.index(b'"outcome":"HOLDS"') + len('"outcome":"')
    raw[place : place + 5] = b"FAILS"
    path.write_bytes(raw)
    with Store.open(tmp_path) as store:
        found = store.results(KEY)
        assert len(found) == 2
        assert len(store.damaged) == 1
        assert "damaged" in store.damaged[0]
        (lost,) = set(results) - set(found)
        assert lost[0] in store.damaged[0]
        store.put(results[lost], KEY)
        assert store.results(KEY) == results


@pytest.mark.parametrize(
    "change",
    [
        "claim = 'a.c9'",
        "name = 'other'",
        "final = 1 - final",
        "seed = '2'",
        "profile = 'full'",
        "fingerprint = 'other'",
        "data = CAST(x'ff' AS TEXT)",
        "checksum = ''",
    ],
)
def test_a_change_in_any_column_of_a_row_is_noticed(tmp_path, change):
    filled(tmp_path, 1)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(f"UPDATE results SET {change}")
    connection.close()
    with Store.open(tmp_path) as store:
        for fingerprint in ("print", "other"):
            for profile in ("quick", "full"):
                for seed in (1, 2):
                    assert store.results(Key(fingerprint, profile, seed)) == {}
        assert len(store.damaged) == 1


def test_each_commit_reaches_the_disk_before_it_counts(tmp_path):
    # A loss of power cannot be tested here; 3 is EXTRA: file, journal and folder are synchronised.
    with Store.open(tmp_path) as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (3,)
        assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_no_flipped_bit_anywhere_gives_a_wrong_result(tmp_path):
    results = filled(tmp_path, 12, 900)
    path = tmp_path / FILE_NAME
    sound = path.read_bytes()
    rng = random.Random(1)
    refused = lost = 0
    # The header and the first page hold what SQLite itself reads; the rest is sampled.
    places = [*range(0, 120), *(rng.randrange(len(sound)) for _ in range(250))]
    for place in places:
        raw = bytearray(sound)
        raw[place] ^= 1 << rng.randrange(8)
        path.write_bytes(raw)
        sqlite_complains = complains(path)
        try:
            found = read(tmp_path)
        except InputError as error:
            refused += 1
            assert str(path) in error.given
            continue
        assert not sqlite_complains  # what it would write into such a file is anyone's guess
        assert all(results[name] == result for name, result in found.items())
        lost += len(found) < len(results)
    assert refused > 10
    assert lost > 10


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_store_is_refused_or_gives_a_part_of_the_truth(tmp_path, fraction):
    results = filled(tmp_path, 12, 900)
    path = tmp_path / FILE_NAME
    sound = path.read_bytes()
    path.write_bytes(sound[: int(len(sound) * fraction)])
    try:
        found = read(tmp_path)
    except InputError as error:
        assert str(path) in error.given
        assert "move the file away" in error.do
    else:
        assert fraction in (0.0, 0.999)  # nothing there is an empty store; the last page ends in free space
        assert all(results[name] == result for name, result in found.items())


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one" * 50, b"\x00" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(InputError, match="move the file away"):
        Store.open(tmp_path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_store_of_another_version_is_refused_and_left_alone(tmp_path, version):
    filled(tmp_path, 3)
    path = tmp_path / FILE_NAME
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"schema version {version}") as caught:
        Store.open(tmp_path)
    assert "--out" in caught.value.do
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(InputError, match="cannot be made"):
            Store.open(folder)
    (tmp_path / "folder" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written"):
        Store.open(tmp_path / "folder")


def test_a_read_only_folder_is_reported_and_its_results_are_kept():
    # In the system's own temporary folder, whose parents everybody may enter.
    with tempfile.TemporaryDirectory() as folder:
        results = filled(folder, 2)
        path = Path(folder, FILE_NAME)
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        root = os.geteuid() == 0
        if root:  # root may write anywhere, so become nobody for a moment
            os.seteuid(65534)
        try:
            with Store.open(folder) as store:
                assert store.results(KEY) == results
                with pytest.raises(InputError, match="cannot be written.*readonly"):
                    store.begin(KEY, "now")
                with pytest.raises(InputError, match="cannot be written.*readonly"):
                    store.put(writer.result_of(9, 5), KEY)
            with pytest.raises(InputError, match="cannot be made"):
                Store.open(Path(folder, "deeper"))
        finally:
            if root:
                os.seteuid(0)
            Path(folder).chmod(0o755)
            path.chmod(0o644)
        assert read(folder) == results


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path):
    results = filled(tmp_path, 5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store.open(tmp_path) as store:
        # No file may grow beyond this: to SQLite the same as a disk without space.
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.raises(InputError, match="cannot be written") as caught:
                store.put(writer.result_of(9, 500_000), KEY)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "free space" in caught.value.do
        assert store.results(KEY) == results
    assert read(tmp_path) == results
