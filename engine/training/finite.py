"""Notices a loss or a gradient that is no longer finite at the step it happens, and makes no GPU wait for it.

A GPU's figures are copied to pinned memory behind the step's own work. The host looks at the copies that have
arrived when it comes by with the next step, so it learns of a failure a step or two late, but of which step
it was. It waits for the copies only where it waits for the device anyway (`found(wait=True)`): at a logged
point, and before anything is saved.
"""

import math
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor


class NotFinite(NamedTuple):
    """The first figure that was not finite: of which step, which one ("loss"), and what it was."""

    step: int
    figure: str
    value: float

    def __str__(self) -> str:
        helps = "try a lower learning_rate, a clip_norm, or precision fp32"
        if self.step == 1:  # nothing was learned yet
            helps = "look for very large values in the data, or try a larger temperature, or precision fp32"
        return f"the {self.figure} became {self.value} at step {self.step}; {helps}"


def are_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether all numbers in them are finite; waits for the device once."""
    checks = [tensor.isfinite().all() for tensor in tensors if tensor.is_floating_point()]
    return not checks or bool(torch.stack(checks).all())


class _Seen(NamedTuple):
    step: int
    figure: str
    value: Tensor  # on the host
    copied: torch.cuda.Event | None  # None: it is there


class FiniteWatch:
    """Figures of steps on their way to the host, in order."""

    def __init__(self) -> None:
        self._on_their_way: deque[_Seen] = deque()
        self._first: NotFinite | None = None

    def see(self, step: int, figure: str, value: Tensor) -> None:
        """Take a scalar of a step; on a GPU only a copy is queued."""
        copied = None
        kept = value.detach().to("cpu", non_blocking=True)  # into pinned memory
        if value.is_cuda:
            copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            copied.record(torch.cuda.current_stream(value.device))
        self._on_their_way.append(_Seen(step, figure, kept, copied))

    def first_not_finite(self, *, wait: bool = False) -> NotFinite | None:
        """The first figure that was not finite among those that have arrived; with `wait`, among all."""
        while self._first is None and self._on_their_way:
            seen = self._on_their_way[0]
            if seen.copied is not None and not seen.copied.query():  # type: ignore[no-untyped-call]
                if not wait:
                    break
                seen.copied.synchronize()
            self._on_their_way.popleft()
            value = float(seen.value)
            if not math.isfinite(value):
                self._first = NotFinite(seen.step, seen.figure, value)
        return self._first
