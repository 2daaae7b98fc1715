"""Two processes with half a batch of images each normalise as one with the whole batch does, forwards and
backwards."""

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

from engine.encoders.resnet18 import SyncedBatchNorm


def step(images, layer):
    output = layer(images)
    output.square().mul(torch.arange(5.0)).mean().backward()
    own = getattr(layer, "module", layer)
    return output.detach(), own.weight.grad, own.bias.grad, dict(own.named_buffers())


def worker(rank, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    images = torch.load(f"{folder}/images.pt")[rank::2]
    layer = DistributedDataParallel(SyncedBatchNorm(3), broadcast_buffers=False)
    torch.save(step(images, layer), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_are_as_one(tmp_path):
    images = torch.randn(8, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 3 + 1
    torch.save(images, tmp_path / "images.pt")
    mp.spawn(worker, (str(tmp_path),), nprocs=2)
    output, weight, bias, buffers = step(images, SyncedBatchNorm(3))
    for rank in (0, 1):
        own_output, own_weight, own_bias, own_buffers = torch.load(tmp_path / f"{rank}.pt")
        torch.testing.assert_close(own_output, output[rank::2])
        torch.testing.assert_close(own_weight, weight)
        torch.testing.assert_close(own_bias, bias)
        torch.testing.assert_close(own_buffers, buffers)
