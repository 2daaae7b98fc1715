"""A real process that records as a run does, without training: `tiny_trainer.py HOME RUN MODE`.

Modes: "work" takes 10 steps, "long" takes 2,000, "deaf" ignores every request and SIGTERM, "crash" says why
and fails.
"""

import signal
import sys
import time
from pathlib import Path

from app.training.processes import host_name, this_process
from storage.database import Database
from storage.recorder import RunRecorder
from storage.runs import mark_ended, mark_started

home, run_id, mode = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if mode == "crash":
    print("error: the data set has no rows\nand more\n", flush=True)
    sys.exit(3)
if mode == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
db, me = Database.at(home), this_process()
mark_started(db, run_id, host=host_name(), pid=me.pid, pid_started=me.started)
steps = 10 if mode == "work" else 2000
ending = "finished"
with RunRecorder(db, run_id, home / "spool", flush_every=0.1, beat_every=0.3) as recorder:
    recorder.phase("training")
    for step in range(steps):
        recorder.metrics(step, {"train/loss": 1 / (step + 1)})
        recorder.progress(epoch=0, epochs=1, step=step + 1, steps=steps)
        if recorder.should_stop() and mode != "deaf":
            ending = "stopped"
            break
        time.sleep(0.03)
mark_ended(db, run_id, ending)
