"""Where golden vectors are: the small copies beside this file, and the full set where a checkout has one.

The full set is `$INFMASKING_GOLDEN` or `../shared/golden` beside the repository; a case that is in both is
run once.
"""

import json
import os
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent / "golden"
FULL = Path(os.environ.get("INFMASKING_GOLDEN", Path(__file__).parents[2] / "shared" / "golden"))


def index_files(group: str) -> list[Path]:
    """`index.json` of a group, the full set's first."""
    return [
        folder / group / "index.json" for folder in (FULL, OWN) if (folder / group / "index.json").exists()
    ]


def listed(group: str, key: str) -> list[Any]:
    """What the first index of a group that has the key lists under it; an index may lack what it has no cases
    of."""
    for index in index_files(group):
        content = json.loads(index.read_text(encoding="utf-8"))
        if content.get(key):
            return list(content[key])
    raise LookupError(f"no index of {group} has {key}")


def flat_cases(group: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Case id → (folder, case) for groups whose index has one list of cases with a file each."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for index in index_files(group):
        for case in json.loads(index.read_text(encoding="utf-8")).get("cases", []):
            if (index.parent / case["file"]).exists():
                found.setdefault(case["id"], (index.parent, case))
    return found


def family_cases(group: str, family: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Case id → (file of the family, case) for groups whose index has families of cases in one file each."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for index in index_files(group):
        content = json.loads(index.read_text(encoding="utf-8")).get("families", {}).get(family)
        if content and (index.parent / content["file"]).exists():
            for case in content.get("cases", []):
                found.setdefault(case["id"], (index.parent / content["file"], case))
    return found
