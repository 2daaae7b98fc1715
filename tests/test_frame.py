"""The frame around the code: what is installed is what was tested."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def test_every_dependency_is_pinned_to_a_version_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = [
        Requirement(text) for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    ]
    pins = {_normal(name): version for name, version in PINS.items()}
    wrong = [
        str(each) for each in requirements if not each.specifier.contains(pins.get(_normal(each.name), "0"))
    ]
    assert not wrong, f"constraints.txt does not pin {', '.join(wrong)}"


def test_any_build_of_a_pinned_version_will_do() -> None:
    """A local suffix such as +cpu would keep the CUDA build of torch away from a machine with a GPU."""
    assert [name for name, version in PINS.items() if Version(version).local] == []


def test_the_readme_points_at_what_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    named = re.findall(r"\]\(((?!http)[^)]+)\)|`((?:app|engine|storage|tests)/[a-z_/.]*)`", readme)
    paths = [link or path for link, path in named]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path.partition("#")[0]).exists()] == []


def test_no_two_test_files_share_a_name() -> None:
    """pytest imports test files by their bare name: the second of a name would not be collected."""
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
