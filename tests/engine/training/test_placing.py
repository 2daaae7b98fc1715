"""Which data is moved to the device, and that a batch is the same wherever its parts live."""

from types import SimpleNamespace

import torch

from engine.dataset import Modality, Split
from engine.objective import Progress
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import MlpSettings
from engine.training.batches import Batches
from engine.training.placing import DEVICE_SHARE, fitting, free_bytes, on_device, on_host, sent
from engine.views import ViewPlan

META = torch.device("meta")
ITEMS = 10


class Lazy:
    """Items that are made when they are asked for."""

    def __len__(self):
        return ITEMS

    def __getitem__(self, rows):
        return rows[:, None].float()


def split(items, **changes):
    rows = {name: torch.arange(ITEMS).flip(0) for name in items}
    return Split(items, rows, {"label": torch.arange(ITEMS)}, **changes)


def test_what_fits_is_moved_smallest_first():
    room = int(100 / DEVICE_SHARE)
    assert fitting({1: 60, 2: 10, 3: 50}, room) == [2, 3]
    assert fitting({1: 101}, room) == []
    assert fitting({1: 50, 2: 50}, room) == [1, 2]
    assert fitting({1: 1}, 0) == []


def test_items_rows_lengths_and_labels_go_together():
    both = torch.zeros(ITEMS, 4)
    given = split(
        {"first": both, "second": both, "steps": torch.zeros(ITEMS, 3, 2), "lazy": Lazy()},
        lengths={"steps": torch.full((ITEMS,), 2)},
    )
    train, validation = on_device([given, given], ["first", "second", "steps", "lazy"], META, 10**6)
    assert train.items["first"] is train.items["second"] is validation.items["first"]
    assert {values.device for values in (train.items["first"], train.items["steps"])} == {META}
    assert {train.rows[name].device for name in ("first", "second", "steps")} == {META}
    assert train.lengths["steps"].device == train.labels["label"].device == META
    assert train.items["lazy"] is given.items["lazy"] and train.rows["lazy"].device.type == "cpu"


def test_what_does_not_fit_or_is_not_read_stays():
    small, large = torch.zeros(ITEMS, 2), torch.zeros(ITEMS, 1000)
    given = split({"small": small, "large": large, "unread": torch.zeros(ITEMS, 1)})
    (placed,) = on_device([given], ["small", "large"], META, 2 * large.nbytes)
    assert placed.items["small"].device == META
    assert placed.items["large"] is large and placed.rows["large"].device.type == "cpu"
    assert placed.items["unread"] is given.items["unread"]


def test_on_a_cpu_nothing_moves():
    given = split({"first": torch.zeros(ITEMS, 4)})
    assert on_device([given], ["first"], torch.device("cpu"), 10**9) == [given]
    assert free_bytes(torch.device("cpu")) == 0
    assert sent(given.items["first"], torch.device("cpu")) is given.items["first"]


def test_a_batch_is_taken_from_both_sides():
    given = split({"near": torch.zeros(ITEMS, 4), "far": Lazy()})
    (placed,) = on_device([given], ["near", "far"], META, 10**6)
    objective = SimpleNamespace(readable=lambda: ["near", "far"], label_names=("label",), augmented_views=0)
    accelerator = SimpleNamespace(num_processes=1, process_index=0, device=META)
    modalities = {
        name: Modality(name, "vector", (1,), MlpSettings(), NoAugmentation()) for name in given.items
    }
    plan = ViewPlan(modalities, {}, {}, False)
    (view,), labels = Batches(objective, plan, accelerator).take(
        placed, torch.arange(3), Progress(0, 1, 0, 0)
    )
    assert {view["near"].values.device, view["far"].values.device, labels["label"].device} == {META}
    assert view["near"].values.shape == (3, 4) and view["far"].values.shape == (3, 1)


def test_figures_come_to_the_host_as_they_are():
    third = torch.tensor(1.0) / 3
    found = on_host({"loss": third, "rate": 1e-3, "norm": torch.tensor(float("nan"))})
    assert found["loss"] == float(third) and found["rate"] == 1e-3 and found["norm"] != found["norm"]
    assert on_host({"rate": 0.5}) == {"rate": 0.5}
