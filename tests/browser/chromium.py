"""Finds the Chromium that drives the browser tests; run as a script, it installs one as the platform
allows."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 300


@cache
def find_chromium() -> Path | None:
    """A Chromium that starts: one on the PATH, or Playwright's own; None where there is neither."""
    on_path = [Path(found) for command in COMMANDS if (found := shutil.which(command))]
    return next((candidate for candidate in [*on_path, _playwrights_own()] if _starts(candidate)), None)


def _playwrights_own() -> Path:
    """Where Playwright keeps its Chromium, installed or not."""
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _starts(executable: Path) -> bool:
    """Whether it runs at all: a snap's placeholder or a browser without its libraries does not."""
    try:
        return subprocess.run([executable, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_chromium() -> None:
    """Debian's package as root, else Playwright's download; says what failed and goes on, for the tests can
    be skipped."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        _attempt("apt-get", "update")
        _attempt("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        find_chromium.cache_clear()
    if find_chromium() is None:
        _attempt(sys.executable, "-m", "playwright", "install", "chromium")
        find_chromium.cache_clear()


def _attempt(*command: str) -> None:
    """Run one step of an installation, quietly and without questions."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{' '.join(command)}: {error}")
        return
    if done.returncode:
        print(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")


def main() -> None:
    """Make sure of a Chromium and say which."""
    if find_chromium() is None:
        print("no Chromium found; installing one for the browser tests")
        install_chromium()
    nothing = "no Chromium: none could be found or installed, so they will be skipped"
    print(f"browser tests use {find_chromium() or nothing}")


if __name__ == "__main__":
    main()
