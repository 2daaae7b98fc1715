"""What every test shares: no test ever sees the user's own data home, and hypothesis draws the same examples
each time."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Read by torch when a test first imports it: two workers on two cores get one thread each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("studio", derandomize=True, deadline=None)
settings.load_profile("studio")


@pytest.fixture(autouse=True, scope="session")
def _own_data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The data home is a temporary folder unless a test names its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFMASKING_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("INFMASKING_DATABASE_URL", raising=False)
        yield
