"""What lies beside the database, and what of it goes."""

from pathlib import Path

import pytest

from app.space.files import Place, forget_sizes, looked_at, places, size_of


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, size in {
        "studio.db": 11,
        "studio.db.version-3.backup": 1000,
        "other.db.version-3.backup": 5,
        "logs/run-000003.log": 30,
        "logs/run-000004.log": 40,
        "logs/supervisor.log": 7,
        "previews/data-1/picture.png": 500,
        "previews/data-1/facts.json": 50,
        "rendered/trifeature.safetensors": 2000,
        "uploads/mine.npz": 300,
        "datasets/mosi/mosi.pkl": 600,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    return tmp_path


def listed(home: Path, at_work: tuple[int, ...] = ()) -> dict[str, Place]:
    return {place.name: place for place in places(home, home / "studio.db", at_work)}


def test_sizes_by_purpose(home: Path) -> None:
    assert {name: (place.files, place.size) for name, place in listed(home).items()} == {
        "Backups": (1, 1000),
        "Previews": (2, 550),
        "Rendered data": (1, 2000),
        "Logs of ended runs": (2, 70),
        "Uploads": (1, 300),
        "Data sets": (1, 600),
    }
    assert listed(home, (4,))["Logs of ended runs"].size == 30


def test_what_can_be_made_again_goes_and_nothing_else(home: Path) -> None:
    everything = {file for file in home.rglob("*") if file.is_file()}
    found = listed(home, (4,))
    assert {name for name, place in found.items() if place.clear} == {
        "Backups",
        "Previews",
        "Rendered data",
        "Logs of ended runs",
    }
    freed = [place.clear() for place in found.values() if place.clear]
    assert sum(freed) == 1000 + 550 + 2000 + 30
    left = {str(file.relative_to(home)) for file in everything if file.exists()}
    assert left == {
        "studio.db",
        "other.db.version-3.backup",
        "logs/run-000004.log",
        "logs/supervisor.log",
        "uploads/mine.npz",
        "datasets/mosi/mosi.pkl",
    }
    assert "Backups" not in listed(home)


def test_a_link_is_neither_followed_nor_emptied(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious").write_bytes(b"x" * 10_000)
    (home / "previews/link").symlink_to(outside)
    (home / "previews/broken").symlink_to(outside / "gone")
    previews = listed(home)["Previews"]
    assert previews.size < 10_000 and previews.clear is not None
    previews.clear()
    assert (outside / "precious").exists()


def test_what_has_gone_meanwhile_is_passed_over(home: Path) -> None:
    logs = listed(home)["Logs of ended runs"]
    (home / "logs/run-000003.log").unlink()
    assert logs.clear is not None and logs.clear() == 40


def test_an_empty_home_has_nothing(tmp_path: Path) -> None:
    assert places(tmp_path, tmp_path / "studio.db", ()) == []
    assert size_of([tmp_path / "none"]) == (0, 0)


def test_sizes_are_told_again_once_something_was_removed(home: Path) -> None:
    forget_sizes()
    before = looked_at(home, home / "studio.db", ())
    (home / "uploads/more.npz").write_bytes(b"x")
    assert looked_at(home, home / "studio.db", ()) is before
    forget_sizes()
    assert looked_at(home, home / "studio.db", ()) != before
