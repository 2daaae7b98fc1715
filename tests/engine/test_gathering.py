"""Two processes with half a batch each against one process with all of it: same loss, same gradients, same
statistics."""

import objective_cases as cases
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

from engine.dataset import Samples
from engine.gathering import gather_batch, mean_over_processes, process_count
from engine.nets.masking import draw_kept, draw_visible, join
from engine.objective import Progress
from engine.objectives import infmasking, mae
from engine.objectives.bases.fused import along_batch
from engine.presets.preset import method_names
from engine.training.updates import set_learning

METHODS = method_names()
NAMES = ("scene", "speech")
SAMPLES, PROCESSES = 8, 2


def part_of(view, rank):
    own = slice(rank * SAMPLES // PROCESSES, (rank + 1) * SAMPLES // PROCESSES)
    return {
        n: Samples(s.values[own], None if s.is_padding is None else s.is_padding[own])
        for n, s in view.items()
    }


def masks_of(views, model):
    """One draw for the whole batch, of both augmented views."""
    joined = join(
        [model.encode(name, along_batch([view[name] for view in views])) for name in model.encoders]
    )
    return draw_kept(joined, 0.5, 3, torch.Generator().manual_seed(0))


def step(method, rank):
    """Loss, terms, gradients and buffers of one step's phases: of the whole batch (rank None), or as one of
    the processes."""
    # SynIB exchanges samples within a process, so that only what it does with intact ones is the same in all
    options = {"infmasking": {"masks": 3}, "synib": {"destroy": "none"}}
    model = cases.objective(method, *NAMES, **options.get(method, {}))
    views, labels = cases.views(model, NAMES, SAMPLES), cases.labels(model, SAMPLES)
    fix_masks(method, model, views, rank)
    if rank is not None:
        views = [part_of(view, rank) for view in views]
        labels = {name: values.chunk(PROCESSES)[rank] for name, values in labels.items()}
    trained = (
        model if rank is None else DistributedDataParallel(model, find_unused_parameters=bool(model.phases))
    )
    learnable, results = dict(model.named_parameters()), {}
    for phase in model.phases or [None]:
        if phase is not None:
            set_learning(learnable, phase)
        name = phase.name if phase else ""
        output = trained(views, Progress(epoch=1, epochs=4, step=0, seed=0, phase=name), labels)
        output.loss.backward()
        gradients = {
            name: parameter.grad for name, parameter in learnable.items() if parameter.grad is not None
        }
        results[name] = output.loss.detach(), output.terms, gradients
        model.zero_grad(set_to_none=True)
    return results, dict(model.named_buffers())


def fix_masks(method, model, views, rank):
    """Let a method that masks draw the masks of the whole batch, of which a process takes its rows."""
    if method == "infmasking":
        kept = masks_of(views, model).unflatten(0, (2, -1))
        if rank is not None:
            kept = kept[:, rank * SAMPLES // PROCESSES : (rank + 1) * SAMPLES // PROCESSES]
        infmasking.draw_kept = lambda *_: kept.flatten(0, 1)
    if method == "mae":
        joined = join([model.encode(name, views[0][name]) for name in model.encoders])
        visible = draw_visible(joined, 0.5, torch.Generator().manual_seed(0))
        mae.draw_visible = lambda *_: visible if rank is None else visible.chunk(PROCESSES)[rank]


def worker(rank, folder):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=PROCESSES
    )
    local = torch.arange(6.0).view(1, 3, 2) + 10 * rank
    collectives = gather_batch(local), mean_over_processes(local)
    torch.save(
        ({method: step(method, rank) for method in METHODS}, collectives, process_count()),
        f"{folder}/{rank}.pt",
    )
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """What both processes computed, by rank."""
    folder = tmp_path_factory.mktemp("gloo")
    mp.spawn(worker, (str(folder),), PROCESSES)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES)]


@pytest.mark.parametrize("method", METHODS)
def test_processes_share_one_global_loss(shared, method, monkeypatch):
    monkeypatch.setattr(mae, "draw_visible", draw_visible)
    monkeypatch.setattr(
        infmasking, "draw_kept", draw_kept
    )  # `step` replaces both; this restores them afterwards
    expected, buffers = step(method, None)
    for everything, _, _ in shared:
        results, own_buffers = everything[method]
        assert results.keys() == expected.keys()
        for phase, (loss, terms, gradients) in expected.items():
            own_loss, own_terms, own_gradients = results[phase]
            torch.testing.assert_close(own_loss, loss, rtol=1e-5, atol=1e-6)
            torch.testing.assert_close(own_terms, terms, rtol=1e-5, atol=1e-6)
            assert own_gradients.keys() == gradients.keys()
            largest = max(gradient.abs().max().item() for gradient in gradients.values())
            for name, gradient in gradients.items():
                torch.testing.assert_close(own_gradients[name], gradient, rtol=1e-5, atol=1e-5 * largest)
        for name, buffer in buffers.items():
            torch.testing.assert_close(own_buffers[name], buffer, rtol=1e-5, atol=1e-6)


def test_collectives_lay_ranks_in_order(shared):
    local = torch.arange(6.0).view(1, 3, 2)
    for _, (gathered, mean), count in shared:
        assert count == PROCESSES
        assert torch.equal(gathered, torch.cat([local, local + 10], 1))
        assert torch.equal(mean, local + 5)


def test_alone_everything_is_the_identity():
    local = torch.randn(2, 3, 4)
    assert process_count() == 1 and gather_batch(local) is local and mean_over_processes(local) is local
