"""Learning rate as a pure function of the step, so that a resumed run needs no schedule state."""

import math

from engine.settings.training import TrainingSettings


def learning_rate(settings: TrainingSettings, step: int, steps_per_epoch: int) -> float:
    """Linear warm-up from `warmup_start`, then constant or a half cosine to `final_learning_rate`.

    step counts from 0 over the whole run; the last step of a cosine run lies at its very end.
    """
    warmup = round(settings.warmup_epochs * steps_per_epoch)
    peak = settings.learning_rate
    if step < warmup:
        return settings.warmup_start + (peak - settings.warmup_start) * step / warmup
    if settings.schedule == "constant":
        return peak
    last = settings.epochs * steps_per_epoch - 1
    share = (step - warmup) / max(1, last - warmup)
    return settings.final_learning_rate + (peak - settings.final_learning_rate) * 0.5 * (
        1 + math.cos(math.pi * share)
    )
