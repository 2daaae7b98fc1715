"""torch.compile for an objective's step, and the way back where it cannot be compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from torch import nn

T = TypeVar("T")


class Compiled:
    """Compiles a module in place, so that the names of its weights stay; `run` goes on without where
    compiling fails.

    Compiling happens at the first call, forwards and backwards. What fails there (no C compiler, an operator
    that is not supported) is told in one line, and the call is made again as it is written: the draws of a
    step come from its seeds, so that nothing differs.
    """

    def __init__(
        self, module: nn.Module, tell: Callable[[str], None], backend: str | Callable[..., Any] = "inductor"
    ) -> None:
        self.module, self.tell = module, tell
        module.compile(backend=backend)

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, which calls the module."""
        if self.module._compiled_call_impl is None:
            return work()
        try:
            return work()
        except Exception as error:
            self.module._compiled_call_impl = None
            self.module.zero_grad(set_to_none=True)
            result = work()  # an error of the step itself comes again, and is told as it is
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            self.tell(f"torch.compile does not work here, so the step is not compiled: {reason}")
            return result
