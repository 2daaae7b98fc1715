"""When what waits will start and be done: the queue played through as the supervisor will. Pure functions.

What is not known stays unknown: behind a run whose end nothing tells of, a device is not free at any time.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.training.scheduling import Machine, next_start
from engine.settings.training import TrainingSettings


class Held(NamedTuple):
    """A device that a run at work holds, and for how many seconds more (None: nothing tells)."""

    device: str | None
    left: float | None


class Wish(NamedTuple):
    """A run that waits, what it asks for, and the seconds it will take (None: nothing tells)."""

    run_id: int
    training: TrainingSettings
    takes: float | None


class Expected(NamedTuple):
    """Seconds from now until a run starts and until it is done; None: not known yet."""

    starts: float | None
    ends: float | None


UNKNOWN = Expected(None, None)


def forecast(
    at_work: Sequence[Held], waiting: Sequence[Wish], machine: Machine, paused: Collection[str] = ()
) -> dict[int, Expected]:
    """Run → when it starts and ends, for runs in the order of the queue. paused: devices that take none.

    Raises `ImpossibleDemand` for a run that this machine can never place.
    """
    held = [(math.inf if one.left is None else one.left, one.device) for one in at_work]
    left, expected, moment = list(waiting), dict.fromkeys((wish.run_id for wish in waiting), UNKNOWN), 0.0
    while True:
        wishes = [wish.training for wish in left]
        start = next_start(wishes, machine, [device for _, device in held], paused)
        if start is not None:
            wish = left.pop(start.position)
            ends = math.inf if wish.takes is None else moment + wish.takes
            held.append((ends, start.place.device()))
            expected[wish.run_id] = Expected(moment, ends if math.isfinite(ends) else None)
            continue
        moment = min((ends for ends, _ in held), default=math.inf)
        if not left or math.isinf(moment):
            return expected
        held = [one for one in held if one[0] > moment]
