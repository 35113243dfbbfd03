"""Checkpoints survive crashes, and nothing else passes for one."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from theory.errors import InputError
from training import checkpoint
from training.checkpoint import Checkpoint, load, save

CONFIG = {"d": 8, "lambda_": (1.0, 0.5), "name": "x"}


def _checkpoint(step: int = 3) -> Checkpoint:
    source = np.random.default_rng(step)
    arrays = {
        "W": source.normal(size=(4, 3)).astype(np.float32),
        "velocity": source.normal(size=(4, 3)),
        "generator": source.integers(0, 255, size=50, dtype=np.uint8),
        "empty": np.zeros((0, 2)),
    }
    return Checkpoint(
        CONFIG, step, arrays, {"noise_step": -1, "value": 0.1 + 0.2, "none": None, "names": ["a"]}
    )


def _same(found: Checkpoint, expected: Checkpoint) -> bool:
    return (
        found.step == expected.step
        and found.scalars == expected.scalars
        and found.arrays.keys() == expected.arrays.keys()
        and all(
            array.dtype == found.arrays[name].dtype and np.array_equal(array, found.arrays[name])
            for name, array in expected.arrays.items()
        )
    )


def test_round_trip_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "c.npz"
    save(path, _checkpoint())
    found = load(path, config=CONFIG)
    assert _same(found, _checkpoint())
    assert found.config == {"d": 8, "lambda_": [1.0, 0.5], "name": "x"}
    save(path, _checkpoint(4))
    assert load(path).step == 4
    assert [entry.name for entry in path.parent.iterdir()] == ["c.npz"]


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_crash_while_writing_leaves_the_old_one(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint(3))

    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, crash)
        with pytest.raises(InputError, match="cannot be written .No space left"):
            save(path, _checkpoint(4))
    assert load(path).step == 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.npz"]


def test_the_data_are_on_disk_before_the_name_points_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("fsync", "replace"):
        original = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=original: (order.append(n), f(*a))[1])
    save(tmp_path / "c.npz", _checkpoint())
    assert order == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(fraction: float, tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint())
    data = path.read_bytes()
    path.write_bytes(data[: int(fraction * len(data))])
    with pytest.raises(InputError, match="damaged"):
        load(path)


def test_a_changed_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint())
    data, noticed = path.read_bytes(), 0
    # Every 7th byte: it meets the archive's own structures, the headers of the arrays and their content.
    positions = range(0, len(data), 7)
    for position in positions:
        broken = bytearray(data)
        broken[position] ^= 0x55
        path.write_bytes(broken)
        try:
            assert _same(load(path), _checkpoint()), position
        except InputError:
            noticed += 1
    assert noticed > len(positions) / 2


def test_an_archive_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint())
    with np.load(path) as archive:
        members = {name: archive[name] for name in archive.files}
    for edited in (
        {name: array for name, array in members.items() if name != "W"},
        members | {"W": members["W"] + 1},
        members | {"W": members["W"].reshape(3, 4)},
        members | {"another": members["W"]},
    ):
        np.savez(path, **edited)
        with pytest.raises(InputError, match="damaged"):
            load(path)
    np.savez_compressed(path, **members)  # never written here; a few bytes of it may stand for gigabytes
    with pytest.raises(InputError, match="damaged"):
        load(path)
    np.savez(path, **members)
    assert _same(load(path), _checkpoint())


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    np.savez(path, W=np.zeros(3))
    with pytest.raises(InputError, match="no checkpoint"):
        load(path)
    np.save(tmp_path / "c.npy", np.zeros(3))
    with pytest.raises(InputError, match="no checkpoint"):
        load(tmp_path / "c.npy")
    np.savez(path, header=np.frombuffer(b'["not", "a", "mapping"]', dtype=np.uint8))
    with pytest.raises(InputError, match="no checkpoint"):
        load(path)
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "missing.npz")


def test_pickled_content_is_never_executed(tmp_path: Path) -> None:
    path, touched = tmp_path / "c.npz", tmp_path / "touched"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (touched,))

    np.savez(path, header=np.frombuffer(b"{}", dtype=np.uint8), W=np.array([Trap()], dtype=object))
    with pytest.raises(InputError, match="damaged"):
        load(path)
    assert not touched.exists()
    with pytest.raises(InputError, match="numeric"):
        save(path, Checkpoint(CONFIG, 0, {"W": np.array([Trap()], dtype=object)}, {}))
    with pytest.raises(InputError, match="header"):
        save(path, Checkpoint(CONFIG, 0, {"header": np.zeros(1)}, {}))


def test_another_schema_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.npz"
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "SCHEMA", 7)
        save(path, _checkpoint())
    with pytest.raises(InputError, match=r"schema version 7; allowed: schema version 1"):
        load(path)


def test_another_configuration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint())
    with pytest.raises(InputError, match="d=8 instead of 9"):
        load(path, config=CONFIG | {"d": 9})
    with pytest.raises(InputError, match="extra=None instead of 1"):
        load(path, config=CONFIG | {"extra": 1})


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        save(tmp_path / "file" / "c.npz", _checkpoint())


def test_the_header_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save(path, _checkpoint())
    with zipfile.ZipFile(path) as archive, archive.open("header.npy") as member:
        header = json.loads(np.lib.format.read_array(member, allow_pickle=False).tobytes())
    assert header["format"] == "ntk-escape-checkpoint"
    assert header["step"] == 3
