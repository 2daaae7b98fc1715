"""What several processes of a run must agree on."""

import os
import socket

import torch
import torch.multiprocessing as mp
from accelerate import Accelerator

from engine.training.processes import told


def worker(rank, folder, port):
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "ACCELERATE_USE_CPU": "true",
    }
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    accelerator = Accelerator(cpu=True)
    heard = [
        told(False, False, accelerator),
        told(rank == 0, False, accelerator),  # the main process was asked to stop
        told(rank == 1, False, accelerator),  # the other one's recorder has no say
        told(False, rank == 1, accelerator),  # any process may fail
    ]
    torch.save(heard, f"{folder}/{rank}.pt")
    accelerator.end_training()


def test_a_stop_is_the_main_processs_and_a_failure_anyones(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(worker, (str(tmp_path), port), nprocs=2)
    for rank in (0, 1):
        heard = torch.load(tmp_path / f"{rank}.pt")
        assert heard == [(False, False), (True, False), (False, False), (False, True)]


def test_alone_nothing_is_exchanged():
    accelerator = Accelerator(cpu=True)
    assert told(True, False, accelerator) == (True, False) and told(False, True, accelerator) == (False, True)
