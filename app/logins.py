"""Who is logged in, and how often an address may guess: held in this process's memory, bounded, and counted
on a clock that cannot be set."""

import asyncio
import hashlib
import ipaddress
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_LOGINS = 1_000
"""Logins at one time; one more ends the oldest."""
MOST_ADDRESSES = 10_000
"""Addresses whose wrong guesses are remembered."""
GUESSES = 5
"""Wrong guesses that an address has at once; each comes back after `SECONDS_A_GUESS`."""
SECONDS_A_GUESS = 1.0


@dataclass
class Login:
    """One login: when it ends (seconds of the monotonic clock), and an event that is set when it has."""

    until: float
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Logins:
    """The logins there are, by a hash of what the browser holds: the secret itself is kept nowhere here."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._by_digest: OrderedDict[bytes, Login] = OrderedDict()

    def begin(self) -> str:
        """A new login; returns the secret that the browser shall keep."""
        self._forget_ended()
        while len(self._by_digest) >= MOST_LOGINS:
            self._by_digest.popitem(last=False)[1].ended.set()
        secret = secrets.token_urlsafe(32)
        self._by_digest[_digest(secret)] = Login(time.monotonic() + self._seconds)
        return secret

    def find(self, secret: str) -> Login | None:
        """The login that this secret stands for, or None where there is none, or none any more."""
        login = self._by_digest.get(_digest(secret))
        return login if login is not None and time.monotonic() < login.until else None

    def end(self, secret: str) -> None:
        """The login ends, and with it whatever waits for its `ended`."""
        login = self._by_digest.pop(_digest(secret), None)
        if login is not None:
            login.ended.set()

    def _forget_ended(self) -> None:
        now = time.monotonic()
        while self._by_digest and next(iter(self._by_digest.values())).until <= now:
            self._by_digest.popitem(last=False)


class Guesses:
    """How long an address has to wait until it may guess again; one address never makes another one wait."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until the address may guess; 0 when it may now."""
        owed = self._full_at.get(_neighbourhood(address), 0.0) - time.monotonic()
        return max(0.0, owed - (GUESSES - 1) * SECONDS_A_GUESS)

    def wrong(self, address: str) -> None:
        """The address has guessed wrongly."""
        key, now = _neighbourhood(address), time.monotonic()
        self._full_at[key] = max(self._full_at.get(key, now), now) + SECONDS_A_GUESS
        self._full_at.move_to_end(key)
        while len(self._full_at) > MOST_ADDRESSES:
            self._full_at.popitem(last=False)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _neighbourhood(address: str) -> str:
    """What counts as one guesser: an address, or the 64 bits of an IPv6 network that one host has to
    itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
