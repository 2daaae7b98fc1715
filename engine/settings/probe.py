"""Settings of the linear probe."""

from engine.settings.base import Settings, setting


class ProbeSettings(Settings):
    """Linear probe on frozen representations."""

    iterations: int = setting(100, "Most L-BFGS iterations of one fit.", unit="iterations", ge=10, le=10_000)
    refine: bool = setting(True, "Search the cost finer around the best of the coarse sweep.")
    batch_size: int = setting(512, "Samples encoded at once.", unit="samples", ge=1, le=65_536)
