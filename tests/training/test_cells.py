"""Cells: what counts as finished, damage on disk, and processes that share a folder."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from theory.errors import InputError
from training import cells
from training.cells import TABLE, Cell, CellStore, evaluate, find
from training.learning_curve import ridge_cell
from training.sample_complexity import sample_cell
from training.separation import MODELS, model_cell, setting

CELL = ridge_cell("sincos", 6, 12, 0, ridge=1e-3)


def test_every_name_of_the_table_is_a_cell_function_with_estimates() -> None:
    samples = [model_cell(model, setting(1, 12, seed=0)) for model in MODELS]
    samples += [sample_cell(model, 12, 0) for model in ("ntk", "network")] + [CELL]
    assert {each.function for each in samples} == set(TABLE)
    assert all(each.memory > 0 and each.cost > 0 and each.label for each in samples)
    # Twice the dimension is four times the arrays of a training, and 16 times those of the NTK's search.
    for small, large in ((model_cell("network", setting(1, d, seed=0)) for d in (40, 80)),):
        assert 3 < large.memory / small.memory < 6 < large.cost / small.cost


def test_the_key_depends_on_function_arguments_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [ridge_cell("sincos", 6, 12, 1, ridge=1e-3), ridge_cell("sincos", 6, 13, 0, ridge=1e-3)]
    others.append(sample_cell("ntk", 6, 0))
    keys = {each.key for each in (CELL, *others)}
    assert len(keys) == 4
    assert Cell(CELL.function, dict(CELL.arguments), label="another").key == CELL.key
    monkeypatch.setattr(cells, "code_fingerprint", lambda place: "other code")
    assert CELL.key not in keys


def test_a_result_comes_from_the_folder_and_not_from_a_second_computation(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    (first,) = evaluate([CELL], tmp_path, progress=lambda *done: seen.append(done))
    assert first == CELL.compute() and seen == [(1, 1)]
    CellStore(tmp_path).put(CELL, {"risk": -1.0})
    assert evaluate([CELL], tmp_path) == [{"risk": -1.0}]
    assert evaluate([CELL], None) == [first]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"risk":', '"risk":1'),  # still JSON, another number
        lambda text: "",
        lambda text: "[]",
        lambda text: json.dumps({**json.loads(text), "arguments": {}}),
        lambda text: "[" * 100_000,
    ],
)
def test_a_damaged_file_is_seen_and_computed_anew(tmp_path: Path, damage: object) -> None:
    store = CellStore(tmp_path)
    assert store.get(CELL) is None and not store.damaged(CELL)
    (result,) = evaluate([CELL], tmp_path)
    path = store.path(CELL)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    assert store.damaged(CELL) and store.get(CELL) is None
    assert evaluate([CELL], tmp_path) == [result]
    assert not store.damaged(CELL)
    assert not list(tmp_path.glob("*.tmp"))


def test_the_file_of_another_cell_is_not_taken(tmp_path: Path) -> None:
    store = CellStore(tmp_path)
    other = Cell(CELL.function, {**CELL.arguments, "seed": 77})
    store.put(other, {"risk": 0.25})
    store.path(other).rename(store.path(CELL))
    assert store.get(CELL) is None and store.damaged(CELL)


def test_a_cell_that_another_process_holds_is_left_for_later(tmp_path: Path) -> None:
    """Another process locks the first cell and stores a result of its own: that one counts, and comes last."""
    script = (
        "import sys, json, time; sys.path[:] = json.loads(sys.argv[1])\n"
        "from pathlib import Path\n"
        "from training.cells import Cell, CellStore\n"
        "cell, store = Cell(*json.loads(sys.argv[2])), CellStore(Path(sys.argv[3]))\n"
        "with store.lock(cell, wait=True):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
        "    store.put(cell, {'risk': -2.0})\n"
    )
    plain = json.dumps([CELL.function, dict(CELL.arguments)])
    command = [sys.executable, "-c", script, json.dumps(sys.path), plain, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        with CellStore(tmp_path).lock(CELL, wait=False) as mine:
            assert not mine
        other = ridge_cell("sincos", 6, 14, 0, ridge=1e-3)
        release = holder.stdin

        def free(done: int, total: int) -> None:
            if done == 1:  # the other cell is finished, so the held one is waited for from now on
                release.close()

        found = evaluate([CELL, other], tmp_path, progress=free)
        assert found == [{"risk": -2.0}, other.compute()]


def test_bad_names_and_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cell function 'nothing'"):
        Cell("nothing", {}).compute()
    with pytest.raises(InputError, match="cannot be|can be imported|imported"):
        find("training.nowhere:NOTHING")
    with pytest.raises(InputError, match="CellFunction"):
        find("training.cells:SCHEMA")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        CellStore(tmp_path / "file").put(CELL, {})


def test_a_record_that_is_no_json_number_is_damage_and_no_crash(tmp_path: Path) -> None:
    cell = Cell("model", {"x": 1})
    store = CellStore(tmp_path)
    store.path(cell).write_text('{"digest": "0", "result": {"error": NaN}}', encoding="utf-8")
    assert store.get(cell) is None
    assert store.damaged(cell)


def test_a_folder_that_cannot_be_written_is_said_by_the_lock(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = CellStore(tmp_path / "file" / "below")
    with pytest.raises(InputError, match="cannot be written"), store.lock(Cell("model", {}), wait=True):
        pass
