"""The published format: written whole or not at all, and nothing damaged, edited or hostile is read."""

import json
import math
import os
import random
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import verify.export
from theory.errors import InputError
from verify.bound import IDENTITY, UPPER, Relation, compare
from verify.claim import Check, Claim, Profile
from verify.evidence import Evidence, Listing, Series, from_comparisons
from verify.export import read_json, schema, without_times, write_json
from verify.plain import digest
from verify.quantity import Certainty, exact, measured
from verify.registry import Registry
from verify.run import CheckResult, Run, judge
from verify.verdict import Kind, Outcome, Verdict


def make_run(*, base: Outcome = Outcome.HOLDS, value: float = math.nan) -> Run:
    def claim(name, kind, **more):
        checks = (Check(kind, print, scope="d = 3", name="check", general=True),)
        return Claim(id=name, title="T", statement=r"\alpha", bound=UPPER, source="S", checks=checks, **more)

    claims = [
        claim("a.base", Kind.SYMBOLIC),
        claim("a.top", Kind.PROPERTY, depends_on=("a.base",)),
        claim("a.control", Kind.ENCLOSURE, control_of="a.base", fault="sign"),
    ]
    evidence = [
        Evidence(base, "é <b>", derivation=("x",), listings=(Listing("T", "a\n  <b> (* é *)"),)),
        from_comparisons(
            [compare("l", IDENTITY, measured(value), exact(3))] * 2,
            parameters={"d": 3, "deep": [[1], {"a": None}]},
            counts={"examples": 2},
            error_rates={"alpha": 1e-6},
            series=(Series("f", "l", (1, "two"), (float("nan"), 2.0)),),
        ),
        from_comparisons([compare("l", UPPER, exact(2), exact(1))]),
    ]
    results = {
        (each.id, "check"): CheckResult(each.id, "check", 5, found, 0.125)
        for each, found in zip(claims, evidence, strict=True)
    }
    registry = Registry({each.id: each for each in claims}, {each.id: "nowhere" for each in claims})
    environment = {
        "ntk-escape": "source",
        "python": "3.11",
        "platform": "p",
        "machine": "m",
        "cpu_features": ["fma"],
        "fingerprint": "0" * 64,
    }
    judged = judge(registry, tuple(claims), results, profile=Profile.QUICK)
    return Run(Profile.QUICK, 1, environment, "2024-01-01T00:00:00+00:00", 0.375, judged)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "run.json"
    write_json(make_run(), path)
    return path, json.loads(path.read_text(encoding="utf-8"))


def put(path, data, *, honest_digest=True):
    if honest_digest:
        data = {key: value for key, value in data.items() if key != "digest"}
        data["digest"] = digest(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_run_comes_back_equal(written):
    path, data = written
    assert read_json(path).to_json() == data == make_run().to_json()


def test_the_text_is_stable_and_readable(written):
    path, data = written
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(data, sort_keys=True, indent=2, allow_nan=False) + "\n"


def test_the_schema_is_sound_and_names_exactly_the_words_of_the_code():
    Draft202012Validator.check_schema(schema())
    defs = schema()["$defs"]

    def words(enum: type[StrEnum]) -> set[str]:
        return {each.value for each in enum}

    assert set(defs["verdict"]["enum"]) == words(Verdict)
    assert set(defs["outcome"]["enum"]) == words(Outcome)
    assert set(defs["profile"]["enum"]) == words(Profile)
    assert set(defs["kind"]["enum"]) == words(Kind)
    assert set(defs["comparison"]["properties"]["relation"]["enum"]) == words(Relation)
    assert set(defs["quantity"]["properties"]["certainty"]["enum"]) == words(Certainty)
    # An object that may hold anything is named here; all others are closed and complete.
    free = {"parameters", "counts", "error_rates", "environment"}
    for name, each in defs.items():
        if each.get("type") == "object" and name not in free:
            assert each["additionalProperties"] is False
            assert set(each["required"]) == set(each["properties"])


def test_a_write_that_fails_leaves_the_old_file_and_no_other(written, monkeypatch):
    path, _ = written
    before = path.read_bytes()

    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(verify.export.os, "replace", fail)
    with pytest.raises(InputError, match="No space left"):
        write_json(make_run(value=3.0), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_path_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "run.json", tmp_path / "folder"):
        with pytest.raises(InputError, match="cannot be written"):
            write_json(make_run(), path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_run_that_is_not_plain_is_refused(tmp_path):
    run = make_run()
    odd = Run(**{**vars(run), "environment": {**run.environment, "x": object()}})
    with pytest.raises(InputError, match="not plain data"):
        write_json(odd, tmp_path / "run.json")
    assert not (tmp_path / "run.json").exists()


def test_the_file_has_the_permissions_of_any_new_file(written):
    path, _ = written
    other = path.with_name("other")
    other.write_text("")
    assert path.stat().st_mode == other.stat().st_mode


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"schema": NaN}',
        b'{"schema": 1e999}',
        b'{"schema": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"schema": "\\ud800"}',
        b'{"schema": "ntk-escape/run/1"}',
        b'{"schema": {"a": 1}}',
    ],
)
def test_what_is_no_run_is_refused(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_json(path)
    assert str(path) in caught.value.given
    assert len(str(caught.value)) < 1500


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_json(path)


def test_a_file_beyond_all_measure_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("verify.export.MAX_BYTES", 10)
    path = tmp_path / "run.json"
    write_json(make_run(), path)
    with pytest.raises(InputError, match="too large"):
        read_json(path)


def test_another_schema_version_is_refused_by_name(written):
    path, data = written
    with pytest.raises(InputError, match="ntk-escape/run/2"):
        read_json(put(path, {**data, "schema": "ntk-escape/run/2"}))


def test_a_missing_and_a_foreign_key_are_refused(written):
    path, data = written
    for key in data:
        rest = {name: value for name, value in data.items() if name != key}
        with pytest.raises(InputError):
            read_json(put(path, rest, honest_digest=key != "digest"))
    with pytest.raises(InputError, match="extra"):
        read_json(put(path, {**data, "extra": 1}))


def edited(data, claim, **changes):
    claims = [{**each, **changes} if each["id"] == claim else each for each in data["claims"]]
    return {**data, "claims": claims}


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("a.top", {"own": "PROVED"}),
        ("a.top", {"own": "PROVED", "propagated": "PROVED", "as_expected": True}),
        ("a.top", {"propagated": "PROVED"}),
        ("a.top", {"as_expected": True}),
        ("a.top", {"results": []}),
        ("a.base", {"own": "REFUTED", "as_expected": False}),
        ("a.base", {"id": "a.top"}),
        ("a.control", {"own": "PROVED"}),
    ],
)
def test_an_edited_verdict_is_refused_though_the_digest_was_made_anew(written, claim, changes):
    path, data = written
    with pytest.raises(InputError):
        read_json(put(path, edited(data, claim, **changes)))


def test_a_verdict_that_hides_what_it_rests_on_is_refused(tmp_path):
    path = tmp_path / "run.json"
    write_json(make_run(base=Outcome.FAILS, value=3.0), path)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [each["own"] for each in data["claims"]] == ["REFUTED", "SUPPORTED", "REFUTED"]
    assert data["claims"][1]["propagated"] == "REFUTED"
    with pytest.raises(InputError, match="do not fit its results"):
        read_json(put(path, edited(data, "a.top", propagated="SUPPORTED")))


def test_an_edited_exit_code_is_refused(written):
    path, data = written
    assert data["exit_code"] != 0
    with pytest.raises(InputError, match="do not fit its results"):
        read_json(put(path, {**data, "exit_code": 0}))


def test_an_edited_number_is_refused_unless_the_digest_follows(written):
    path, data = written
    other = json.loads(json.dumps(data).replace('"d": 3', '"d": 4'))
    assert other != data
    with pytest.raises(InputError, match="digest"):
        read_json(put(path, other, honest_digest=False))


def test_no_flipped_bit_anywhere_gives_another_result(written):
    path, data = written
    sound = path.read_bytes()
    rng = random.Random(0)
    refused = 0
    for _ in range(400):
        raw = bytearray(sound)
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        path.write_bytes(raw)
        try:
            found = read_json(path)
        except InputError:
            refused += 1
        else:
            assert without_times(found.to_json()) == without_times(data)
    assert refused > 200


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.999])
def test_a_truncated_file_is_refused(written, fraction):
    path, _ = written
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * fraction)])
    with pytest.raises(InputError, match="no JSON"):
        read_json(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.data())
@settings(max_examples=200, deadline=None, database=None)
def test_any_value_in_any_place_is_read_back_or_refused(tmp_path_factory, data):
    run = make_run().to_json()
    place, key = run, data.draw(st.sampled_from(sorted(run)))
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[key] = data.draw(json_values)
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    run.pop("digest", None)
    try:
        run["digest"] = digest(run)
    except ValueError:  # not finite
        run["digest"] = "0" * 64
    path.write_text(json.dumps(run), encoding="utf-8")
    try:
        found = read_json(path)
    except InputError:
        return
    assert found.to_json() == run


def test_the_schema_is_found_without_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert schema()["$id"] == "urn:ntk-escape:run:1"
    assert not os.path.exists("verify")
    assert Path(verify.export.__file__).with_name("schema").is_dir()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no regular file"):
        read_json(tmp_path / "pipe")
