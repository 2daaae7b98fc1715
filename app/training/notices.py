"""Calling out when a study has ended, or a run of it failed: through apprise, to the URLs of a preference.

Each message is sent by a process of its own that is ended when it takes too long, from a thread that training
does not wait for. URLs hold secrets: they go to that process through its standard input, and into no log.
"""

import importlib.util
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.error_lines import one_line
from engine.errors import UserError
from storage.database import Database, DatabaseError
from storage.preferences import get_preference, set_preference
from storage.runs import get_run, list_runs

URLS = "notify_urls"
"""Preference: apprise URLs; none by default."""
MOST_URLS, LONGEST_URL, LONGEST_BODY = 10, 2_000, 2_000
SEND_SECONDS = 30.0
MISSING = "calling out needs apprise, which is not installed: pip install 'infmasking-studio[notify]'"
_SENDER = [sys.executable, "-m", "app.training.notice_sender"]


class NoticeError(UserError):
    """A message that was not sent, or a URL that says nowhere to send one; one line without the URL."""


class Notice(NamedTuple):
    """What is sent."""

    title: str
    body: str


def is_available() -> bool:
    """Whether apprise is installed."""
    return importlib.util.find_spec("apprise") is not None


def send(urls: Sequence[str], notice: Notice | None, seconds: float = SEND_SECONDS) -> list[str]:
    """Send to all URLs and return the names of their services; without a notice only look whether apprise
    knows the URLs.

    Raises `NoticeError` where apprise is missing, does not know a URL, or a service did not take the message
    within `seconds`.
    """
    if not is_available():
        raise NoticeError(MISSING)
    asked = json.dumps({"urls": list(urls), "notice": notice and notice._asdict()})
    try:
        done = subprocess.run(
            _SENDER, input=asked, capture_output=True, text=True, timeout=seconds, check=False
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise NoticeError(f"no answer within {seconds:.0f} s") from error
    except (OSError, ValueError) as error:
        raise NoticeError(f"the sending process failed ({type(error).__name__})") from error
    if answer["unknown"]:
        places = ", ".join(str(place + 1) for place in answer["unknown"])
        which = f" {places}" if urls[1:] else ""
        raise NoticeError(f"apprise knows no service by URL{which}; write service://…, as json://host/path")
    if answer["failed"]:
        raise NoticeError(f"{', '.join(answer['failed'])} did not take the message")
    return [str(name) for name in answer["services"]]


def kept_urls(db: Database) -> list[str]:
    """The URLs that are called."""
    return [str(url) for url in get_preference(db, URLS, [])]


def add_url(db: Database, url: str) -> str:
    """Call this URL too; returns the name of its service. Raises `NoticeError` where apprise is missing or
    does not know it, or there are too many."""
    urls = kept_urls(db)
    if len(url) > LONGEST_URL:
        raise NoticeError(f"a URL has at most {LONGEST_URL:,} characters, not {len(url):,}")
    if len(urls) >= MOST_URLS:
        raise NoticeError(f"at most {MOST_URLS} services are called; remove one first")
    (name,) = send([url], None)
    set_preference(db, URLS, [*(kept for kept in urls if kept != url), url])
    return name


def remove_url(db: Database, url: str) -> None:
    """No longer call this URL."""
    set_preference(db, URLS, [kept for kept in kept_urls(db) if kept != url] or None)


def service_of(url: str) -> str:
    """What may be shown of a URL: its scheme, before all that is secret."""
    return f"{url.partition('://')[0][:40]}://…"


def notice_of(db: Database, run_id: int) -> tuple[int, Notice | None, bool]:
    """What there is to say now that a run has ended: its study's number, the notice (None: nothing yet), and
    whether the study has ended."""
    run = get_run(db, run_id)
    runs = list_runs(db, study_id=run.study_id)
    counts = {
        status: sum(other.status == status for other in runs)
        for status in ("finished", "failed", "lost", "stopped")
    }
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    left = len(runs) - sum(counts.values())
    wrong = [other for other in reversed(runs) if other.status in ("failed", "lost")]
    why = "".join(f"\nrun {other.id} ({other.title}): {other.error}" for other in wrong[:5])
    if not left:
        what = "has ended" if not wrong else "has ended with errors"
        return run.study_id, _notice(f"Study '{run.study}' {what}", f"{said} of {len(runs)} runs{why}"), True
    if run.status in ("failed", "lost"):
        title = f"Study '{run.study}': run {run.id} {'has failed' if run.status == 'failed' else 'is lost'}"
        return run.study_id, _notice(title, f"{said}; {left} still at work or waiting{why}"), False
    return run.study_id, None, False


def _notice(title: str, body: str) -> Notice:
    return Notice(title[:200], body[:LONGEST_BODY])


class Caller:
    """Calls out from a thread of its own; a study is told to have trouble once, until it has ended."""

    def __init__(self, db: Database, say: Callable[[str], None], seconds: float = SEND_SECONDS) -> None:
        """say: takes a line on every message sent or not sent."""
        self._db, self._say, self._seconds = db, say, seconds
        self._ended: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._troubled: set[int] = set()
        self._thread = threading.Thread(target=self._work, name="notices", daemon=True)
        self._thread.start()

    def run_ended(self, run_id: int) -> None:
        """Returns at once."""
        self._ended.put(run_id)

    def close(self, seconds: float) -> None:
        """Send what is still to be sent, for at most so long."""
        self._ended.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (run_id := self._ended.get()) is not None:
            try:
                self._call(run_id)
            except (DatabaseError, UserError) as error:
                self._say(f"no notice was sent: {one_line(error)}")

    def _call(self, run_id: int) -> None:
        urls = kept_urls(self._db)
        if not urls:
            return
        study, notice, ended = notice_of(self._db, run_id)
        if notice is None or (not ended and study in self._troubled):
            return
        self._troubled.discard(study) if ended else self._troubled.add(study)
        services = send(urls, notice, self._seconds)
        self._say(f"notice sent to {', '.join(services)}: {notice.title}")
