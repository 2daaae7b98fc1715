"""A supervisor with short times: `quick_supervisor.py HOME OPTIONS`, the options as JSON.

trainer: "tiny" starts `tiny_trainer.py` (mode: the run's title), "real" what `infmasking train` starts.
"""

import json
import sys
from pathlib import Path

from app.training.fleet import Fleet, Patience
from app.training.scheduling import Machine, Place
from app.training.supervisor import Supervisor, Timing
from app.training.trainer_command import trainer_command
from storage.database import Database
from storage.runs import get_run

home, options = Path(sys.argv[1]), json.loads(sys.argv[2])
db = Database.at(home)


def tiny_command(run_id: int, job_id: int, place: Place) -> list[str]:
    """The tiny trainer in the mode that the run's title names."""
    return [
        sys.executable,
        str(Path(__file__).with_name("tiny_trainer.py")),
        str(home),
        str(run_id),
        get_run(db, run_id).title,
    ]


fleet = Fleet(
    db,
    home,
    Patience(lost=options["lost"], grace=options["grace"], kill=options["kill"]),
    tiny_command if options["trainer"] == "tiny" else trainer_command,
    lambda: Machine((), options["cores"]),
)
served = Supervisor(db, fleet, Timing(look=0.1, beat=0.5, idle=options["idle"])).serve()
sys.exit(0 if served else 1)
