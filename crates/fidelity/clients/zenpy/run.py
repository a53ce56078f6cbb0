"""zenpy against a simulator. What it reports: see `report.py`.

The address is swapped by zenpy's own variables for it; nothing of zenpy is changed.
"""

import io
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import report  # noqa: E402  (the path stands above)
from report import control, exported, plain, rows, rows_by_cursor  # noqa: E402

os.environ["ZENPY_FORCE_SCHEME"] = report.BASE.split("://", 1)[0]
os.environ["ZENPY_FORCE_NETLOC"] = report.NETLOC

from zenpy import Zenpy  # noqa: E402
from zenpy.lib.api_objects import Comment, Ticket, User  # noqa: E402
from zenpy.lib.exception import APIException, RecordNotFoundException  # noqa: E402

OUT = report.Report("zenpy")
ZENDESK = Zenpy(subdomain="acme", email=report.EMAIL, token=report.TOKEN, disable_cache=True)


def bare(value, raw):
    """What zenpy read, as JSON.

    `from` is a word of Python's, so zenpy has it as `from_`; its classes have places for fields that
    an answer did not hold, which are None.
    """
    if isinstance(value, dict):
        raw = raw if isinstance(raw, dict) else {}
        named = {("from" if key == "from_" else key): one for key, one in value.items()}
        return {
            key: bare(one, raw.get(key))
            for key, one in named.items()
            if key in raw or one is not None
        }
    if isinstance(value, list):
        raws = raw if isinstance(raw, list) else []
        return [bare(one, raws[at] if at < len(raws) else None) for at, one in enumerate(value)]
    return value


def same_rows(step, expected, objects):
    """All fields of all records, in order."""
    seen = [one.to_dict() for one in objects]
    OUT.same(step, expected, bare(seen, expected))


def same_row(step, path, name, one):
    """All fields of one record."""
    expected = plain(f"api/v2/{path}")[name]
    OUT.same(step, expected, bare(one.to_dict(), expected))


def refused(act):
    """The status and body of what zenpy raises."""
    try:
        act()
    except (APIException, RecordNotFoundException) as problem:
        body = problem.response.json()
        return [type(problem).__name__, problem.response.status_code, body.get("error")]
    return "not refused"


def finish(job):
    """Waits for a job by zenpy's own reads."""
    states = [job.status]
    for _ in range(200):
        job = ZENDESK.job_status(id=job.id)
        if job.status not in states:
            states.append(job.status)
        if job.status in ("completed", "failed"):
            break
        time.sleep(0.05)
    return job, states


def users():
    """Create, read, search, upsert in bulk, merge, delete."""
    same_rows("users: list", rows_by_cursor("users", "users"), ZENDESK.users())

    ann = ZENDESK.users.create(
        User(name="Ann Örn", email="ann@fidelity.example", external_id="F-1", tags=["vip"], notes="n")
    )
    given = {"name": "Ann Örn", "email": "ann@fidelity.example", "external_id": "F-1"}
    given |= {"tags": ["vip"], "notes": "n", "role": "end-user", "active": True}
    OUT.same("users: create answers what was sent", given, {key: getattr(ann, key) for key in given})
    same_row("users: create, all fields", f"users/{ann.id}", "user", ann)
    same_row("users: show", f"users/{ann.id}", "user", ZENDESK.users(id=ann.id))
    OUT.same(
        "users: create again is refused",
        ["APIException", 422, "RecordInvalid"],
        refused(lambda: ZENDESK.users.create(User(name="Other", email="ann@fidelity.example"))),
    )

    ann.phone = "+3225550101"
    ann.tags.append("second")
    ann = ZENDESK.users.update(ann)
    OUT.same("users: update", ["+3225550101", ["second", "vip"]], [ann.phone, sorted(ann.tags)])
    same_row("users: update, all fields", f"users/{ann.id}", "user", ann)
    me = ZENDESK.users.me()
    OUT.same("users: me", report.EMAIL, me.email)

    for word in ({"query": "ann@fidelity.example"}, {"external_id": "F-1"}):
        found = list(ZENDESK.users.search(**word))
        kind = next(iter(word))
        OUT.same(f"users: search by {kind}", [ann.id], [one.id for one in found])
        asked = f"users/search?{kind}={next(iter(word.values()))}"
        same_rows(f"users: search by {kind}, all fields", plain(f"api/v2/{asked}")["users"], found)

    wanted = [
        User(name="Ann Changed", email="ann@fidelity.example"),
        User(name="Bea", email="bea@fidelity.example", external_id="F-2"),
        User(name="Cy", email="not an address"),
    ]
    job, states = finish(ZENDESK.users.create_or_update(wanted))
    results = [(one.status, getattr(one, "error", None) is not None) for one in job.results]
    OUT.same("users: create_or_update_many ends", "completed", job.status)
    OUT.same("job statuses: the first is queued", "queued", states[0])
    OUT.same(
        "users: create_or_update_many, rows",
        [("Created", False), ("Failed", True), ("Updated", False)],
        sorted(results, key=str),
    )
    OUT.same("users: upsert changed one", "Ann Changed", ZENDESK.users(id=ann.id).name)
    bea = list(ZENDESK.users.search(external_id="F-2"))[0]
    same_row("users: upsert made one", f"users/{bea.id}", "user", bea)
    expected = plain(f"api/v2/job_statuses/{job.id}")["job_status"]
    OUT.same("job statuses: show, all fields", expected, bare(job.to_dict(), expected))
    listed = ZENDESK.job_status()["job_statuses"]
    expected = plain("api/v2/job_statuses")["job_statuses"]
    OUT.same("job statuses: list", expected, bare([one.to_dict() for one in listed], expected))

    kept = ZENDESK.users.merge(bea, ann)
    OUT.same("users: merge answers who stays", ann.id, kept.id)
    gone = plain(f"api/v2/users/{bea.id}")["user"]
    OUT.same("users: who was merged is not active", False, gone["active"])
    OUT.same("users: merge moved the email", [ann.id], found_ids("bea@fidelity.example"))

    dot = ZENDESK.users.create(User(name="Dot", email="dot@fidelity.example"))
    dot = ZENDESK.users.delete(dot)
    same_row("users: delete", f"users/{dot.id}", "user", dot)
    OUT.same("users: who was deleted is not active", False, plain(f"api/v2/users/{dot.id}")["user"]["active"])
    several = [ZENDESK.users.create(User(name=name, email=f"{name}@fidelity.example")) for name in ("eve", "flo")]
    for one in several:
        one.notes = f"notes of {one.name}"
    job, _ = finish(ZENDESK.users.update(several))
    OUT.same("users: update_many, rows", [("Updated", True)] * 2, [(one.status, one.success) for one in job.results])
    again = [ZENDESK.users(id=one.id) for one in several]
    OUT.same("users: update_many", ["notes of eve", "notes of flo"], [one.notes for one in again])
    job, _ = finish(ZENDESK.users.delete(again))
    OUT.same("users: destroy_many, rows", [("Deleted", True)] * 2, [(one.status, one.success) for one in job.results])
    OUT.same("users: destroy_many", [False, False], [ZENDESK.users(id=one.id).active for one in several])
    OUT.same("users: unknown", ["RecordNotFoundException", 404, "RecordNotFound"],
             refused(lambda: ZENDESK.users(id=1)))


def found_ids(email):
    """Who has this email, by a plain read."""
    return [one["id"] for one in plain(f"api/v2/users/search?query={email}")["users"]]


def tickets():
    """Create, update, comment, problem and incident, merge, delete, restore."""
    same_rows("tickets: list", rows_by_cursor("tickets", "tickets"), ZENDESK.tickets())
    asker = list(ZENDESK.users.search(query="ann@fidelity.example"))[0]
    audit = ZENDESK.tickets.create(
        Ticket(
            subject="The mixer hums",
            comment=Comment(body="It hums & hums."),
            requester_id=asker.id,
            priority="high",
            type="problem",
            tags=["hum", "mixer"],
            external_id="T-1",
        )
    )
    made = audit.ticket
    given = {"subject": "The mixer hums", "priority": "high", "type": "problem", "status": "new"}
    given |= {"requester_id": asker.id, "external_id": "T-1", "tags": ["hum", "mixer"]}
    OUT.same("tickets: create answers what was sent", given, {key: getattr(made, key) for key in given})
    same_row("tickets: create, all fields", f"tickets/{made.id}", "ticket", made)
    same_row("tickets: audit of create", f"tickets/{made.id}/audits/{audit.audit.id}", "audit", audit.audit)

    incident = ZENDESK.tickets.create(
        Ticket(subject="Mine too", description="Same here.", type="incident", problem_id=made.id)
    ).ticket
    OUT.same("tickets: incident of the problem", made.id, incident.problem_id)
    same_rows("tickets: incidents", rows_by_cursor(f"tickets/{made.id}/incidents", "tickets"),
              ZENDESK.tickets.incidents(made.id))
    OUT.same("tickets: incidents are those made", [incident.id],
             [one.id for one in ZENDESK.tickets.incidents(made.id)])
    OUT.same("tickets: problem has incidents", True, ZENDESK.tickets(id=made.id).has_incidents)
    OUT.same("tickets: problem by its object", made.id, incident.problem.id)

    made.status = "pending"
    made.priority = "low"
    made.comment = Comment(body="We look into it.", public=False)
    audit = ZENDESK.tickets.update(made)
    changed = [audit.ticket.status, audit.ticket.priority]
    OUT.same("tickets: update", ["pending", "low"], changed)
    events = audit.audit.to_dict()["events"]
    names = sorted(one.get("field_name", one["type"]) for one in events)
    wanted = ["Comment", "custom_status_id", "priority", "status"]
    OUT.same("tickets: audit of update has its events", wanted, names)
    same_row("tickets: update, all fields", f"tickets/{made.id}", "ticket", audit.ticket)

    comments()
    same_rows("audits: list", rows(f"tickets/{made.id}/audits", "audits"), ZENDESK.tickets.audits(made.id))

    made = ZENDESK.tickets(id=made.id)
    made.status = "new"
    OUT.same("tickets: new does not come back", ["APIException", 422, "RecordInvalid"],
             refused(lambda: ZENDESK.tickets.update(made)))

    other = ZENDESK.tickets.create(Ticket(subject="Twice", description="The same again.")).ticket
    job, _ = finish(ZENDESK.tickets.merge(incident.id, other.id, target_comment="joined"))
    OUT.same("tickets: merge ends", "completed", job.status)
    same_row("tickets: merged one is closed", f"tickets/{other.id}", "ticket", ZENDESK.tickets(id=other.id))
    OUT.same("tickets: merged one says closed", "closed", ZENDESK.tickets(id=other.id).status)

    lost = ZENDESK.tickets.create(Ticket(subject="Gone", description="Away with it.")).ticket
    ZENDESK.tickets.delete(lost)
    OUT.same("tickets: delete", 404, report.status(f"api/v2/tickets/{lost.id}"))
    OUT.same("tickets: delete, read again", ["RecordNotFoundException", 404, "RecordNotFound"],
             refused(lambda: ZENDESK.tickets(id=lost.id)))
    listed = [one.id for one in ZENDESK.tickets.deleted()]
    OUT.same("tickets: deleted ones are listed", [lost.id], listed)
    ZENDESK.tickets.restore(lost.id)
    OUT.same("tickets: restore", [], [one.id for one in ZENDESK.tickets.deleted()])
    same_row("tickets: restored one", f"tickets/{lost.id}", "ticket", ZENDESK.tickets(id=lost.id))
    OUT.same("tickets: restored one has its subject", "Gone", ZENDESK.tickets(id=lost.id).subject)


def comments():
    """The comments of a ticket."""
    made = next(one for one in ZENDESK.tickets() if one.subject == "The mixer hums")
    listed = list(ZENDESK.tickets.comments(made.id))
    wanted = [("It hums & hums.", True), ("We look into it.", False)]
    OUT.same("comments: text and who sees them", [list(one) for one in wanted],
             [[one.plain_body, one.public] for one in listed])
    same_rows("comments: list", rows(f"tickets/{made.id}/comments", "comments"), listed)
    rest = [one.id for one in ZENDESK.tickets() if one.status != "closed"][:10]
    for number in rest:
        same_rows(f"comments: of ticket {number}", rows(f"tickets/{number}/comments", "comments"),
                  ZENDESK.tickets.comments(number))
    ZENDESK.tickets.comment_redact(made.id, listed[0].id, "hums")
    again = list(ZENDESK.tickets.comments(made.id))[0]
    OUT.same("comments: redact", False, "hums" in again.plain_body)


def uploads():
    """A file on a comment, and back."""
    content = "fidelity: ü\n".encode() * 100
    upload = ZENDESK.attachments.upload(io.BytesIO(content), target_name="hum.txt", content_type="text/plain")
    OUT.same("uploads: file", ["hum.txt", len(content)],
             [upload.attachment.file_name, upload.attachment.size])
    ticket = ZENDESK.tickets.create(
        Ticket(subject="With a file", comment=Comment(body="See the file.", uploads=[upload.token]))
    ).ticket
    comment = list(ZENDESK.tickets.comments(ticket.id))[0]
    expected = rows(f"tickets/{ticket.id}/comments", "comments")
    OUT.same("uploads: on the comment", ["hum.txt"], [one.file_name for one in comment.attachments])
    same_rows("uploads: comment, all fields", expected, [comment])
    attachment = comment.attachments[0]
    same_row("uploads: attachment", f"attachments/{attachment.id}", "attachment",
             ZENDESK.attachments(id=attachment.id))
    got = ZENDESK.attachments.download(attachment.id).getvalue()
    OUT.same("uploads: download", content.decode(), got.decode("utf-8", "replace"))
    spare = ZENDESK.attachments.upload("text", target_name="spare.txt")
    ZENDESK.attachments.delete(spare.token)
    plain("api/v2/tickets", "POST",
          {"ticket": {"subject": "Spare", "comment": {"body": "none", "uploads": [spare.token]}}})
    newest = max(one.id for one in ZENDESK.tickets())
    OUT.same("uploads: delete", [], rows(f"tickets/{newest}/comments", "comments")[0]["attachments"])


def exports():
    """Incremental exports, by cursor and by time, from the start and going on."""
    control("clock/advance", {"seconds": 120})
    gone = ZENDESK.tickets.create(Ticket(subject="Deleted one", description="x")).ticket
    ZENDESK.tickets.delete(gone)
    control("clock/advance", {"seconds": 120})
    for name, api in (("tickets", ZENDESK.tickets), ("users", ZENDESK.users)):
        truth = exported(name, 0)
        first = api.incremental(start_time=0, per_page=7)
        seen = list(first)
        same_rows(f"{name}: export by cursor", truth, seen)
        cursor = plain(f"api/v2/incremental/{name}/cursor?start_time=0")["after_cursor"]
        OUT.same(f"{name}: export by cursor, nothing new", [], [one.id for one in api.incremental(cursor=cursor)])
        by_time = list(api.incremental(start_time=0, paginate_by_time=True, per_page=9))
        unique = {}
        for one in by_time:
            unique[one.id] = one
        order = [one["id"] for one in truth]
        OUT.same(f"{name}: export by time holds the same", sorted(order), sorted(unique))
        same_rows(f"{name}: export by time, all fields", truth, [unique[one] for one in order])
        if name == "tickets":
            OUT.same("tickets: export shows the deleted one", "deleted",
                     next(one.status for one in seen if one.id == gone.id))
            late = ZENDESK.tickets.create(Ticket(subject="Late", description="x")).ticket
        else:
            late = ZENDESK.users.create(User(name="Late", email="late@fidelity.example"))
        control("clock/advance", {"seconds": 120})
        more = list(api.incremental(cursor=cursor))
        OUT.same(f"{name}: export by cursor goes on", [late.id], [one.id for one in more])
    organizations = ZENDESK.organizations.incremental(start_time=0)
    same_rows("organizations: export by time", plain("api/v2/incremental/organizations?start_time=0")["organizations"],
              organizations)
    events = plain("api/v2/incremental/ticket_events?start_time=0")["ticket_events"]
    same_rows("ticket events: export by time", events, ZENDESK.tickets.events(start_time=0))
    OUT.same("exports: a start in the future is refused", ["APIException", 400, "StartTimeTooRecent"],
             refused(lambda: ZENDESK.tickets.incremental(start_time=4_000_000_000)))


def limits():
    """429 with `Retry-After`: zenpy waits as long as it says, and gets through."""
    control("sends/clear", {})
    for step, fault, act in (
        ("users/search", "too-many:retry-after=2:route=users/search:times=1",
         lambda: [one.email for one in ZENDESK.users.search(query="late@fidelity.example")]),
        ("POST users", "too-many:retry-after=1:route=users:times=2",
         lambda: [ZENDESK.users.create(User(name="Patient", email="late2@fidelity.example")).name]),
        ("incremental/tickets/cursor", "too-many:retry-after=1:route=incremental/tickets/cursor:times=1",
         lambda: [len(list(ZENDESK.tickets.incremental(start_time=0))) == len(exported("tickets", 0))]),
    ):
        control("faults/add", {"fault": fault})
        began = time.monotonic()
        seen = act()
        waited = time.monotonic() - began >= 1
        fired = control("faults")["faults"][-1]["fired"]
        wanted = {"users/search": ["late@fidelity.example"], "POST users": ["Patient"]}.get(step, [True])
        OUT.same(f"429 on {step}", [wanted, True, int(fault[-1])], [seen, waited, fired])
        control("faults/clear", {})
    OUT.same("429: never too early", 0, control("sends")["requests_too_early"])


def real_limit():
    """The limit of one user write a second, on an account that has limits."""
    me = list(ZENDESK.users.search(query=report.EMAIL))[0]
    began = time.monotonic()
    for number in range(3):
        me.notes = f"note {number}"
        me = ZENDESK.users.update(me)
    seen = [ZENDESK.users(id=me.id).notes, time.monotonic() - began >= 1]
    OUT.same("429 of the limit of user writes: waited and got through", ["note 2", True], seen)
    OUT.same("429 of the limit of user writes: never too early", 0, control("sends")["requests_too_early"])


def account():
    """The whole account at the end, for whoever started this."""
    control("clock/advance", {"seconds": 120})
    tickets = [one.to_dict() for one in ZENDESK.tickets.incremental(start_time=0)]
    living = [one["id"] for one in tickets if one["status"] != "deleted"]
    OUT.holds("users", [one.to_dict() for one in ZENDESK.users.incremental(start_time=0)])
    OUT.holds("tickets", tickets)
    OUT.holds(
        "comments",
        [one.to_dict() | {"ticket_id": number} for number in living for one in ZENDESK.tickets.comments(number)],
    )


PARTS = {
    "users": users,
    "tickets": tickets,
    "uploads": uploads,
    "exports": exports,
    "limits": limits,
    "account": account,
    "real-limit": real_limit,
}

for part in sys.argv[1:] or [name for name in PARTS if name != "real-limit"]:
    OUT.part(part, PARTS[part])
