"""tap-zendesk against a simulator: a full read, then an incremental one. See `report.py`.

The tap has its address in its code, so requests and aiohttp are given the simulator's in place of it;
nothing else of it is changed. It runs as its own `main`, in a process of its own (`run.py tap
ARGUMENTS`), and its messages are compared with the account.

The catalogue is made of the tap's own schemas and metadata, for the streams that the simulator has. The
tap's discovery is not run: it asks for macros, forms, SLAs, Talk and more.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import report  # noqa: E402  (the path stands above)
from report import control, exported, plain, rows  # noqa: E402

SUBDOMAIN = "acme"
REAL = f"https://{SUBDOMAIN}.zendesk.com"
# Singer tries the types of a schema in an order that makes these false where they are null.
FALSE_FOR_NULL = {"users.shared_phone_number"}
# What the account has and the tap's schemas do not name.
UNNAMED = {
    "groups.default",
    "groups.description",
    "groups.is_public",
    "ticket_audits.events[].metadata",
    "ticket_audits.events[].ticket_id",
    "tickets.custom_status_id",
    "tickets.from_messaging_channel",
    "users.iana_time_zone",
}
STREAMS = ["organizations", "users", "tickets", "ticket_audits", "ticket_comments", "ticket_fields", "groups"]
START = "2020-01-01T00:00:00Z"


def swap(url):
    """The address in place of the tap's."""
    return report.BASE + url[len(REAL):] if url.startswith(REAL) else url


def swap_addresses():
    """Gives requests and aiohttp the simulator's address."""
    import aiohttp
    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        """Sends to the simulator; the answer still belongs to the request that was made."""

        def send(self, request, **more):
            asked = request.copy()
            asked.url = swap(request.url)
            answer = super().send(asked, **more)
            answer.request = request
            return answer

    mount = requests.Session.mount

    def mounted(self, prefix, adapter):
        real = Adapter(max_retries=adapter.max_retries) if prefix == "https://" else adapter
        mount(self, prefix, real)

    requests.Session.mount = mounted
    ask = aiohttp.ClientSession._request

    async def asked(self, method, url, **more):
        return await ask(self, method, swap(str(url)), **more)

    aiohttp.ClientSession._request = asked
    # zenpy, which the tap uses too, has variables for it.
    os.environ["ZENPY_FORCE_SCHEME"] = report.BASE.split("://", 1)[0]
    os.environ["ZENPY_FORCE_NETLOC"] = report.NETLOC


def run_tap(arguments):
    """The tap's own main, with the address swapped."""
    swap_addresses()
    import tap_zendesk

    sys.argv = ["tap-zendesk", *arguments]
    tap_zendesk.main()


def write_catalog(config, file):
    """The catalogue of the streams, from the tap's own classes, with everything selected."""
    swap_addresses()
    from singer import resolve_schema_references
    from tap_zendesk.discover import load_shared_schema_refs
    from tap_zendesk.streams import STREAMS as CLASSES
    from zenpy import Zenpy

    client = Zenpy(subdomain=SUBDOMAIN, oauth_token=config["access_token"])
    streams = []
    for name in STREAMS:
        stream = CLASSES[name](client, config)
        schema = resolve_schema_references(stream.load_schema(), load_shared_schema_refs())
        metadata = stream.load_metadata()
        for entry in metadata:
            entry["metadata"]["selected"] = True
        streams.append({"stream": name, "tap_stream_id": name, "schema": schema, "metadata": metadata})
    pathlib.Path(file).write_text(json.dumps({"streams": streams}))


def write(folder, name, value):
    """A file of JSON."""
    file = pathlib.Path(folder, name)
    file.write_text(json.dumps(value))
    return str(file)


def moment(text):
    """The second that a text says, in any form."""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def same_moment(one, other):
    """Whether two texts say the same second."""
    try:
        return moment(one) == moment(other)
    except (AttributeError, ValueError):
        return False


def differ(record, raw, where, unnamed):
    """What differs between the tap's record and the account's, in the fields of the tap's schema.

    The tap writes times in its own form, texts for numbers where its schema has texts, and leaves out
    what its schema does not name, which is collected; what the account does not have is null.
    """
    if isinstance(record, dict) and isinstance(raw, dict):
        found = []
        for key, value in record.items():
            if key in raw:
                found += differ(value, raw[key], f"{where}.{key}", unnamed)
            elif value is not None:
                found.append(f"{where}.{key}: {value!r}, which the account does not have")
        unnamed.update(f"{where}.{key}" for key in raw if key not in record)
        return found
    if isinstance(record, list) and isinstance(raw, list) and len(record) == len(raw):
        pairs = zip(record, raw)
        return [one for mine, other in pairs for one in differ(mine, other, f"{where}[]", unnamed)]
    if record == raw or same_moment(record, raw):
        return []
    if raw is None and record is False and where in FALSE_FOR_NULL:
        return []
    scalars = (int, float, str)
    if isinstance(record, scalars) and isinstance(raw, scalars) and str(record) == str(raw):
        return []
    return [f"{where}: {record!r} in place of {raw!r}"]


class Run:
    """A run of the tap, and what it wrote."""

    def __init__(self, folder, config, catalog, state):
        args = ["--config", write(folder, "config.json", config), "--catalog", catalog]
        if state is not None:
            args += ["--state", write(folder, "state.json", state)]
        command = [sys.executable, __file__, "tap", *args]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        sys.stderr.write(ran.stderr[-6000:])
        self.code = ran.returncode
        self.records = {name: [] for name in STREAMS}
        self.state = None
        self.waits = ran.stderr.count("Caught HTTP 429")
        for text in ran.stdout.splitlines():
            message = json.loads(text)
            if message["type"] == "RECORD":
                self.records[message["stream"]].append(message["record"])
            elif message["type"] == "STATE":
                self.state = message["value"]

    def bookmark(self, stream):
        """Where a stream goes on, in seconds."""
        return moment(next(iter(self.state["bookmarks"][stream].values())))


def truth(start):
    """What the account has had since a time, by plain reads."""
    tickets = exported("tickets", start)
    for one in tickets:
        # The same as `custom_fields`: the tap takes it out of its records.
        one.pop("fields")
    living = [one["id"] for one in tickets if one["status"] != "deleted"]
    audits = [audit for number in living for audit in rows(f"tickets/{number}/audits", "audits")]
    comments = [
        (audit, event) for audit in audits for event in audit["events"] if event["type"] == "Comment"
    ]
    for audit, event in comments:
        # The tap adds these to its comments, which are the very events of its audits.
        event.update({key: audit[key] for key in ("created_at", "via", "metadata", "ticket_id")})
    return {
        "organizations": plain(f"api/v2/incremental/organizations?start_time={start}")["organizations"],
        "users": exported("users", start),
        "tickets": tickets,
        "ticket_audits": audits,
        "ticket_comments": [event for _, event in comments],
        "ticket_fields": rows("ticket_fields", "ticket_fields"),
        "groups": rows("groups", "groups"),
    }


OUT = report.Report("tap-zendesk")


def compare(name, run, expected):
    """Every record of every stream."""
    for stream, wanted in expected.items():
        mine = {one["id"]: one for one in run.records[stream]}
        other = {one["id"]: one for one in wanted}
        OUT.same(f"{name}: {stream}, which records", sorted(other), sorted(mine))
        unnamed = set()
        pairs = [(one, other[key]) for key, one in mine.items() if key in other]
        wrong = [line for one, raw in pairs for line in differ(one, raw, stream, unnamed)]
        wrong += [f"{field} is missing" for field in sorted(unnamed - UNNAMED)]
        note = f"not in the tap's schema: {', '.join(sorted(unnamed))}" if unnamed else None
        OUT.same(f"{name}: {stream}, all fields of the schema", [], wrong[:20], note)


def change_account():
    """What happens between two reads; the new ticket's id."""
    made = plain("api/v2/tickets", "POST", {"ticket": {"subject": "New", "comment": {"body": "Hm."}}})
    open_one = next(one for one in rows("tickets", "tickets") if one["status"] == "open")
    more = {"ticket": {"comment": {"body": "More.", "public": False}}}
    plain(f"api/v2/tickets/{open_one['id']}", "PUT", more)
    plain("api/v2/users", "POST", {"user": {"name": "New", "email": "new@fidelity.example"}})
    return made["ticket"]["id"]


def read():
    """A full read, changes, an incremental one, which meets a 429 in both ways the tap asks."""
    config = {
        "subdomain": SUBDOMAIN,
        "start_date": START,
        "access_token": control("oauth/issue", {"scopes": ["read"]})["access_token"],
        "request_timeout": 60,
    }
    gone = plain("api/v2/tickets", "POST", {"ticket": {"subject": "Gone", "comment": {"body": "x"}}})
    plain(f"api/v2/tickets/{gone['ticket']['id']}", "DELETE")
    control("clock/advance", {"seconds": 120})
    with tempfile.TemporaryDirectory(prefix="fidelity-") as folder:
        catalog = str(pathlib.Path(folder, "catalog.json"))
        settings = write(folder, "settings.json", config)
        subprocess.run([sys.executable, __file__, "catalog", settings, catalog], check=True, timeout=60)

        full = Run(folder, config, catalog, None)
        OUT.same("full read: ends well", 0, full.code)
        compare("full read", full, truth(moment(START)))

        control("clock/advance", {"seconds": 120})
        made = change_account()
        control("clock/advance", {"seconds": 120})
        for route in ("incremental/users/cursor", "tickets/{id}/audits"):
            control("faults/add", {"fault": f"too-many:retry-after=1:route={route}:times=1"})
        more = Run(folder, config, catalog, full.state)
        fired = [fault["fired"] for fault in control("faults")["faults"]]
        control("faults/clear", {})

    OUT.same("incremental read: ends well", 0, more.code)
    for streams in (["users"], ["organizations"], ["tickets", "ticket_audits", "ticket_comments"]):
        since = truth(full.bookmark(streams[0]))
        compare("incremental read", more, {name: since[name] for name in streams})
    numbers = [one["id"] for one in more.records["tickets"]]
    OUT.same("incremental read: the new ticket is in it", True, made in numbers)
    fewer = len(numbers) < len(full.records["tickets"])
    OUT.same("incremental read: fewer tickets than in the full one", True, fewer)
    moved = more.bookmark("tickets") > full.bookmark("tickets")
    OUT.same("incremental read: the bookmark moved", True, moved)
    OUT.same("429 with requests and with aiohttp: fired, waited for", [[1, 1], 2], [fired, more.waits])
    for kind, stream in (("users", "users"), ("tickets", "tickets"), ("comments", "ticket_comments")):
        both = full.records[stream] + more.records[stream]
        OUT.holds(kind, list({one["id"]: one for one in both}.values()))


if sys.argv[1:2] == ["tap"]:
    run_tap(sys.argv[2:])
elif sys.argv[1:2] == ["catalog"]:
    write_catalog(json.loads(pathlib.Path(sys.argv[2]).read_text()), sys.argv[3])
else:
    OUT.part("read", read)
