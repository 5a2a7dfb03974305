"""A headless Chromium that is asked over its debugging protocol."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WAIT = 90  # seconds


class Page:
    """One tab.

    Parameters
    ----------
    socket : websocket.WebSocket
    """

    def __init__(self, socket):
        self._socket, self._ids = socket, itertools.count(1)
        self.call("Page.enable")
        self.call("Page.setBypassCSP", enabled=True)

    def call(self, method, **given):
        """Call a method of the protocol; returns its result."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            said = json.loads(self._socket.recv())
            if said.get("id") == number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return said["result"]

    def open(self, path, width, height=900):
        """Load a file at a width of the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            ready = "document.readyState === 'complete' && location.href"
            if self.ask(ready) == Path(path).resolve().as_uri():
                return
            time.sleep(0.05)
        raise TimeoutError(path)

    def ask(self, expression):
        """The value of a JavaScript expression, awaited."""
        made = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in made:
            raise RuntimeError(
                made["exceptionDetails"].get("exception", {}).get("description", expression[:80])
            )
        return made["result"].get("value")

    def press(self, key, code):
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )


@contextlib.contextmanager
def chromium():
    """A tab of a new browser, which ends with the block."""
    from websocket import create_connection

    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        raise SystemExit("Chromium is not here: install it, or name it in CHROMIUM")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [program, "--headless", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        command += [f"--user-data-dir={home}", "--remote-allow-origins=*", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(home, "DevToolsActivePort"), process)
            yield Page(create_connection(_tab(port), timeout=WAIT, suppress_origin=True))
        finally:
            process.terminate()
            process.wait(30)


def _port(path, process):
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        if path.is_file() and path.read_text().strip():
            return int(path.read_text().split()[0])
        time.sleep(0.1)
    raise SystemExit("Chromium did not start")


def _tab(port):
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=WAIT) as answer:
        tabs = json.load(answer)
    return next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
