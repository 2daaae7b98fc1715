"""accelerate's launcher for the processes of one run, which ends as they did.

    python -m app.training.ranks OPTIONS --module MODULE …

A process that is killed takes the others along: their connections to it break. What the supervisor must hear
of is the kill, so the launcher dies by the signal that ended the first of them; its exit code is `LOST_PEER`
where processes only lost their connection, as to one on another machine, and 1 where one failed.
"""

import os
import re
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

LOST_PEER = os.EX_TEMPFAIL
"""Exit code of a process that ended because it lost the connection to another one of its run."""

# In gloo's and in NCCL's words; neither has a type of error for it.
_BROKEN = re.compile(
    "connection closed by peer|connection reset by peer|broken pipe|caused pair closure|timed out waiting"
    "|remote process exit|ncclremoteerror",
    re.IGNORECASE,
)
_CLOSING_SECONDS = 30
"""The launcher kills whatever ignores its SIGTERM for so long; such a kill is no cause."""


def lost_peer(error: BaseException | None) -> bool:
    """Whether an error came about because another process of the run is gone, by itself or by what it arose
    from."""
    while error is not None:
        if isinstance(error, RuntimeError) and _BROKEN.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def ending(failures: "dict[int, ProcessFailure]") -> int:
    """The exit code for how the processes ended, by rank; −n for an end by signal n, after a line that says
    whose."""
    first = min(failure.timestamp for failure in failures.values())
    codes = {
        rank: failure.exitcode
        for rank, failure in sorted(failures.items())
        # SIGTERM is what the launcher itself sends to the rest.
        if failure.timestamp - first < _CLOSING_SECONDS and failure.exitcode != -signal.SIGTERM
    }
    killed = {rank: code for rank, code in codes.items() if code < 0}
    if killed:
        # A process may abort when its connection breaks, which is no cause either.
        rank = min(killed, key=lambda rank: killed[rank] != -signal.SIGKILL)
        print(f"process {rank + 1} of the run was ended by {signal.Signals(-killed[rank]).name}", flush=True)
        return killed[rank]
    return LOST_PEER if set(codes.values()) <= {LOST_PEER} else 1


def main() -> int:
    """Start the processes and wait for them; exit code 0 when all ended well."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        launch_command(launch_command_parser().parse_args())
    except ChildFailedError as error:
        code = ending(error.failures)
        if code < 0:
            os.kill(os.getpid(), -code)
        return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
