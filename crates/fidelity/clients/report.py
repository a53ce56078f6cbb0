"""What the runners in Python share: plain reads of the account, and the lines they report.

A runner is given `FIDELITY_BASE`, the address of a simulator for the client, and `FIDELITY_TRUTH`, where
the runner itself reads: the same simulator, even if something stands before the first. It writes one line of JSON for every
step to standard output: `client`, `step`, `expected`, `seen`, `ok`, and `note` where something needs
an explanation. `expected` is either known beforehand or read from the account with nothing but the
standard library, never through the client; `seen` is what the client made of it.
"""

import base64
import json
import os
import sys
import traceback
import urllib.error
import urllib.request

EMAIL = "agent@example.com"
TOKEN = "token"
BASE = os.environ["FIDELITY_BASE"].rstrip("/")
TRUTH = os.environ.get("FIDELITY_TRUTH", BASE).rstrip("/")
NETLOC = BASE.split("://", 1)[1]


def plain(path, method="GET", body=None, headers=None):
    """An exchange without the client: the answer's JSON."""
    url = path if path.startswith("http") else f"{TRUTH}/{path.lstrip('/')}"
    # Links in answers carry the host that was asked for.
    url = url.replace(BASE, TRUTH, 1)
    secret = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
    every = {"Authorization": f"Basic {secret}", "Content-Type": "application/json", "Host": NETLOC}
    every.update(headers or {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=every, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def status(path):
    """The status of a plain GET."""
    try:
        plain(path)
    except urllib.error.HTTPError as refused:
        return refused.code
    return 200


def rows(path, name):
    """All rows of a list, by offset."""
    found = []
    page = f"api/v2/{path}"
    while page:
        answer = plain(page)
        found += answer[name]
        page = answer.get("next_page")
    return found


def rows_by_cursor(path, name):
    """All rows of a list, by cursor: a list of tickets has fewer fields so."""
    found = []
    page = f"api/v2/{path}?page[size]=100"
    while True:
        answer = plain(page)
        found += answer[name]
        if not answer["meta"]["has_more"]:
            return found
        page = answer["links"]["next"]


def exported(name, start):
    """All rows of an export, by cursor, in pages of their own size."""
    found = []
    page = f"api/v2/incremental/{name}/cursor?start_time={start}&per_page=13"
    while True:
        answer = plain(page)
        found += answer[name]
        if answer["end_of_stream"]:
            return found
        page = answer["after_url"]


def control(action, body=None):
    """An action of the simulator's control route; a read without a body."""
    return plain(
        f"_control/{action}",
        method="GET" if body is None else "POST",
        body=body,
        headers={"X-Simulator-Control": "yes"},
    )


class Report:
    """The lines of one client."""

    def __init__(self, client):
        self.client = client

    def line(self, step, expected, seen, ok, note=None):
        """Writes a line."""
        line = {"client": self.client, "step": step, "expected": expected, "seen": seen, "ok": ok}
        if note:
            line["note"] = note
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def same(self, step, expected, seen, note=None):
        """A step whose two sides must be equal."""
        self.line(step, expected, seen, expected == seen, note)

    def holds(self, kind, seen):
        """Rows that are compared once more with the account itself, by whoever started this."""
        line = {"client": self.client, "step": f"the account holds these {kind}", "holds": kind}
        sys.stdout.write(json.dumps({**line, "seen": seen}) + "\n")
        sys.stdout.flush()

    def part(self, name, act, *given):
        """Runs a part; what breaks off is a failed step, and the other parts are still run."""
        try:
            return act(*given)
        except Exception as problem:  # every kind of failure of the client is a finding
            traceback.print_exc()
            self.line(name, "no exception", f"{type(problem).__name__}: {problem}"[:600], False)
            return None
