import math

from hypothesis import given
from hypothesis import strategies as st

from engine.settings.training import TrainingSettings
from engine.training.schedule import learning_rate


def test_cosine_with_warmup_by_hand():
    settings = TrainingSettings(
        epochs=4,
        learning_rate=1.0,
        warmup_epochs=1,
        warmup_start=0.0,
        schedule="cosine",
        final_learning_rate=0.2,
    )
    rates = [learning_rate(settings, step, 4) for step in range(16)]
    assert rates[:4] == [0.0, 0.25, 0.5, 0.75]
    assert rates[4] == 1.0
    assert math.isclose(rates[15], 0.2)
    assert rates[4:] == sorted(rates[4:], reverse=True)


@given(st.integers(0, 999), st.floats(0, 10), st.sampled_from(["constant", "cosine"]))
def test_rate_stays_between_its_ends(step, warmup, schedule):
    settings = TrainingSettings(
        epochs=10, learning_rate=0.5, warmup_epochs=warmup, warmup_start=0.1, schedule=schedule
    )
    assert 0.0 <= learning_rate(settings, step, 100) <= 0.5
