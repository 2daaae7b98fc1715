"""Streamlit redraws a page piece by piece: until a run of the script ends, what the run before it drew stands
beside what is new, marked as stale, and one button can be met twice."""

from playwright.sync_api import Locator, Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


def drawn(page: Page) -> Locator:
    """What the latest run of the script drew; everything that it may still replace is left out."""
    return page.locator('[data-testid="stElementContainer"][data-stale="false"]')


def settled(page: Page) -> Page:
    """The page, once no script runs and nothing stale is left on it."""
    page.locator(
        '[data-testid="stApp"][data-test-script-state="notRunning"]:not(:has([data-stale="true"]))'
    ).wait_for(state="attached")
    return page


def button(page: Page, name: str) -> Locator:
    """A button that the latest run drew."""
    return drawn(page).get_by_role("button", name=name)


def press(page: Page, name: str) -> None:
    """Click a button of a page that stands still."""
    button(settled(page), name).click()


def enter(page: Page, label: str, text: str) -> None:
    """Type into a field of a page that stands still, which starts the next run."""
    field = drawn(settled(page)).get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


class Messages:
    """What the server sends to a page over its socket, from the next time the page is opened.

    kinds: of each message; of what is drawn, "new_element" or "add_block" (a fragment's own, empty place).
    """

    def __init__(self, page: Page) -> None:
        self.kinds: list[str] = []
        self.bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def clear(self) -> None:
        """Forget what came until now."""
        self.kinds, self.bytes = [], 0

    def _take(self, frame: bytes | str) -> None:
        content = frame if isinstance(frame, bytes) else frame.encode()
        self.bytes += len(content)
        message = ForwardMsg.FromString(content)
        kind = str(message.WhichOneof("type"))
        self.kinds.append(str(message.delta.WhichOneof("type")) if kind == "delta" else kind)
