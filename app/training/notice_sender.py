"""The process that sends one message: `python -m app.training.notice_sender`, JSON in, one line of JSON out.

In: urls, and notice (title and body, or null to look only whether the URLs are known). Out: services (names),
unknown (places of URLs that apprise does not know), failed (names of services that did not take the message).
"""

import json
import logging
import sys
from typing import Any

import apprise


def main() -> None:
    """Answer what stands on the standard input."""
    logging.disable()  # apprise logs URLs
    asked = json.load(sys.stdin)
    services = [apprise.Apprise.instantiate(url, suppress_exceptions=True) for url in asked["urls"]]
    answer: dict[str, Any] = {
        "services": [str(one.service_name) for one in services if one],
        "unknown": [place for place, one in enumerate(services) if not one],
        "failed": [],
    }
    if asked["notice"] and not answer["unknown"]:
        answer["failed"] = [
            str(one.service_name)
            for one in services
            if one and not apprise.Apprise(one).notify(**asked["notice"])
        ]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
