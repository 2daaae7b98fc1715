"""The snippet that loads a checkpoint elsewhere: run as it is shown, in a fresh Python, for every kind of
modality."""

import ast
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Used
from published_samples import tiny_models
from safetensors import safe_open

from app.runs.loading_snippet import loading_snippet, modalities_of
from engine.dataset import Modality, Task
from engine.objective import build_objective
from engine.settings.augmentation import NoAugmentation
from engine.settings.dataset import BitsSettings
from engine.settings.encoder import (
    ClipTextSettings,
    EncoderSettings,
    GruSettings,
    MlpSettings,
    SmallCnnSettings,
)
from engine.settings.experiment import parse
from engine.training.checkpoint import save_weights
from storage.artifacts import Artifact, copy_to, get_artifact, list_artifacts, write_artifact

ROOT = Path(__file__).parents[3]


def _modality(name: str, kind: str, shape: tuple[int, ...], encoder: EncoderSettings) -> Modality:
    return Modality(name, kind, shape, encoder, NoAugmentation())  # type: ignore[arg-type]


def _keep(used: Used, folder: Path, modalities: list[Modality]) -> Artifact:
    """A checkpoint of a small CoMM on these modalities, kept in the database."""
    tasks = [Task("label", "classification", classes=2, chance=0.5)]
    settings = parse(
        {
            "data": {"name": "bits"},
            "objective": {"name": "comm", "projection": {"hidden": 16, "width": 8}},
            "fusion": {"width": 16, "heads": 2},
        }
    )
    file = folder / "its weights.safetensors"
    weights = build_objective(settings, modalities, tasks).state_dict()
    save_weights(file, weights, settings, modalities, tasks, {"kind": "last"})
    return get_artifact(used.db, write_artifact(used.db, used.sample.finished[0], "last", file))


def _run(snippet: str, artifact: Artifact, used: Used, folder: Path) -> str:
    """What the snippet prints in a Python of its own, beside the downloaded file."""
    folder.mkdir()
    copy_to(used.db, artifact.id, folder / artifact.name)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{snippet}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_it_encodes_vectors_sequences_and_images(used: Used, tmp_path: Path) -> None:
    small = SmallCnnSettings(channels=(8, 8))
    modalities = [
        _modality("features", "vector", (12,), MlpSettings(hidden=(16,), tokens=4, width=8)),
        _modality("a 'series'\n", "sequence", (7, 5), GruSettings(width=8)),
        _modality("image", "image", (3, 16, 16), small),
    ]
    artifact = _keep(used, tmp_path, modalities)
    read = modalities_of(used.db, artifact)
    assert [(one.name, one.kind, one.shape) for one in read] == [
        (m.name, m.kind, m.shape) for m in modalities
    ]
    assert _run(loading_snippet(artifact, read), artifact, used, tmp_path / "there") == "(2, 16)"


def test_it_encodes_texts_with_the_tokenizer_of_the_run(used: Used, tmp_path: Path) -> None:
    tiny_models(tmp_path)
    folder = tmp_path / "models" / "clip-ViT-B-32-multilingual-v1"
    modalities = [
        _modality("words", "text", (12,), ClipTextSettings(path=str(folder))),
        _modality("image", "image", (3, 16, 16), SmallCnnSettings(channels=(8, 8))),
    ]
    artifact = _keep(used, tmp_path, modalities)
    snippet = loading_snippet(artifact, modalities_of(used.db, artifact))
    assert f"load_tokenizer(Path({str(folder)!r}))" in snippet
    assert _run(snippet, artifact, used, tmp_path / "there") == "(2, 16)"


def test_its_last_lines_encode_the_runs_own_samples(used: Used, tmp_path: Path) -> None:
    from engine.dataset import load_dataset

    modalities = list(load_dataset(BitsSettings(), tmp_path).modalities)
    artifact = _keep(used, tmp_path, modalities)
    shown = loading_snippet(artifact, modalities_of(used.db, artifact)).splitlines()
    start = next(place for place, line in enumerate(shown) if line.startswith("# from engine.dataset"))
    own = [line.removeprefix("# ") for line in shown[start:]]
    code = "\n".join([*shown, *own, "print(tuple(checkpoint.represent(samples).shape))"])
    assert _run(code, artifact, used, tmp_path / "there") == "(2, 16)\n(2, 16)"


def test_a_file_that_says_nothing_of_its_modalities_is_still_opened(used: Used) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == "last")
    assert modalities_of(used.db, artifact) == []  # the sample's files carry no settings
    snippet = loading_snippet(artifact)
    compile(snippet, "snippet", "exec")
    assert f"file = {artifact.name!r}" in snippet and "checkpoint.modalities" in snippet


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 8, b"\x02\0\0\0\0\0\0\0[]", b"\x10" + b"\0" * 40])
def test_a_file_that_is_none_has_no_modalities(used: Used, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.safetensors"
    file.write_bytes(content)
    number = write_artifact(used.db, used.sample.finished[0], "last", file)
    assert modalities_of(used.db, get_artifact(used.db, number)) == []


def test_the_snippet_for_a_state_runs_on_the_file(
    used: Used, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == "state")
    copy_to(used.db, artifact.id, tmp_path / artifact.name)
    monkeypatch.chdir(tmp_path)
    exec(compile(loading_snippet(artifact).replace('"pt"', '"np"'), "snippet", "exec"), {})
    with safe_open(artifact.name, "np") as content:
        assert list(content.keys()) == ["fusion.weight"]


@pytest.mark.parametrize("kind", ["best", "state"])
def test_no_name_breaks_out_of_the_snippet(used: Used, kind: str) -> None:
    artifact = next(found for found in list_artifacts(used.db) if found.kind == kind)
    name = 'a"\nimport os; os.system("x") # \\" \'\'\' \u2028 {}'
    tree = ast.parse(loading_snippet(dataclasses.replace(artifact, name=name)))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"torch"}
    (given,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "file"
    )
    assert ast.literal_eval(given) == name
