// node-zendesk against a simulator. What it reports: see `../report.py`.
//
// The address is swapped by node-zendesk's own option `endpointUri`; nothing of it is changed. What it
// does not do by itself (wait after a 429, page through exports) is shown as it is, and explained.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import zendesk from "node-zendesk";
import { BASE, EMAIL, TOKEN, control, exchange, exported, holds, part, plain, rows, rowsByCursor, same } from "./report.mjs";

const connect = (more = {}) =>
  zendesk.createClient({ username: EMAIL, token: TOKEN, endpointUri: `${BASE}/api/v2`, ...more });
const client = connect();
const careful = connect({ throwOriginalException: true });

const pick = (row, names) => Object.fromEntries(names.map((name) => [name, row[name]]));

/** Status and error of what the client throws. */
async function refused(act) {
  try {
    await act();
  } catch (problem) {
    return [problem.statusCode ?? String(problem), problem.result?.error ?? null];
  }
  return "not refused";
}

/** Waits for a job by the client's own reads. */
async function finish(job) {
  const states = [job.status];
  for (let turn = 0; turn < 200; turn += 1) {
    job = (await client.jobstatuses.show(job.id)).result.job_status;
    if (!states.includes(job.status)) states.push(job.status);
    if (["completed", "failed"].includes(job.status)) break;
    await sleep(50);
  }
  return { job, states };
}

async function users() {
  const all = await client.users.list();
  same("users: list", await rowsByCursor("users", "users"), all);

  const given = { name: "Ann Örn", email: "ann@fidelity.example", external_id: "F-1", tags: ["vip"], notes: "n" };
  const { result: ann } = await client.users.create({ user: given });
  same("users: create answers what was sent", given, pick(ann, Object.keys(given)));
  same("users: create, all fields", (await plain(`api/v2/users/${ann.id}`)).user, ann);
  same("users: show", (await plain(`api/v2/users/${ann.id}`)).user, (await client.users.show(ann.id)).result);
  const twice = () => careful.users.create({ user: { name: "Other", email: given.email } });
  same("users: create again is refused", [422, "RecordInvalid"], await refused(twice));
  const { result: changed } = await client.users.update(ann.id, { user: { phone: "+3225550101", tags: ["vip", "b"] } });
  same("users: update", ["+3225550101", ["b", "vip"]], [changed.phone, [...changed.tags].sort()]);
  same("users: update, all fields", (await plain(`api/v2/users/${ann.id}`)).user, changed);
  same("users: me", EMAIL, (await client.users.me()).result.email);
  const { result: again } = await client.users.createOrUpdate({ user: { email: given.email, name: "Ann Again" } });
  same("users: create_or_update", [ann.id, "Ann Again"], [again.id, again.name]);

  for (const word of [{ query: given.email }, { external_id: "F-1" }]) {
    const [kind, value] = Object.entries(word)[0];
    const found = await client.users.search(word);
    same(`users: search by ${kind}`, [ann.id], found.map((one) => one.id));
    same(`users: search by ${kind}, all fields`, (await plain(`api/v2/users/search?${kind}=${value}`)).users, found);
  }

  const { result: queued } = await client.users.createOrUpdateMany({
    users: [
      { name: "Ann Changed", email: given.email },
      { name: "Bea", email: "bea@fidelity.example", external_id: "F-2" },
      { name: "Cy", email: "not an address" },
    ],
  });
  const { job, states } = await finish(queued.job_status);
  same("users: create_or_update_many ends", "completed", job.status);
  same("job statuses: the first is queued", "queued", states[0]);
  const ends = job.results.map((one) => one.status).sort();
  same("users: create_or_update_many, rows", ["Created", "Failed", "Updated"], ends);
  same("users: upsert changed one", "Ann Changed", (await client.users.show(ann.id)).result.name);
  const [bea] = await client.users.search({ external_id: "F-2" });
  same("users: upsert made one", (await plain(`api/v2/users/${bea.id}`)).user, bea);
  same("job statuses: show, all fields", (await plain(`api/v2/job_statuses/${job.id}`)).job_status, job);
  same("job statuses: show many", [job], (await client.jobstatuses.showMany([job.id])).result.job_statuses);
  const listed = (await client.jobstatuses.list()).result.job_statuses;
  same("job statuses: list", (await plain("api/v2/job_statuses")).job_statuses, listed);

  const { result: kept } = await client.users.merge(bea.id, ann.id);
  same("users: merge answers who stays", ann.id, kept.id);
  same("users: who was merged is not active", false, (await plain(`api/v2/users/${bea.id}`)).user.active);
  const owners = (await client.users.search({ query: "bea@fidelity.example" })).map((one) => one.id);
  same("users: merge moved the email", [ann.id], owners);

  const { result: dot } = await client.users.create({ user: { name: "Dot", email: "dot@fidelity.example" } });
  const { result: deleted } = await client.users.delete(dot.id);
  same("users: delete", (await plain(`api/v2/users/${dot.id}`)).user, deleted);
  same("users: who was deleted is not active", false, deleted.active);
  same("users: unknown", [404, "RecordNotFound"], await refused(() => careful.users.show(1)));
}

async function tickets() {
  same("tickets: list", await rowsByCursor("tickets", "tickets"), await client.tickets.list());
  const [asker] = await client.users.search({ query: "ann@fidelity.example" });
  const given = {
    subject: "The mixer hums",
    priority: "high",
    type: "problem",
    tags: ["hum", "mixer"],
    external_id: "T-1",
    requester_id: asker.id,
  };
  const truth = async (id) => (await plain(`api/v2/tickets/${id}`)).ticket;
  const show = async (id) => (await client.tickets.show(id)).result;
  const create = async (ticket) => (await client.tickets.create({ ticket })).result;

  const made = await create({ ...given, comment: { body: "It hums & hums." } });
  same("tickets: create answers what was sent", given, pick(made, Object.keys(given)));
  same("tickets: create, all fields", await truth(made.id), made);
  same("tickets: show", await truth(made.id), await show(made.id));

  const mine = { subject: "Mine too", comment: { body: "Same here." }, type: "incident", problem_id: made.id };
  const incident = await create(mine);
  same("tickets: incident of the problem", made.id, incident.problem_id);
  const incidents = await client.tickets.listIncidents(made.id);
  same("tickets: incidents", await rows(`tickets/${made.id}/incidents`, "tickets"), incidents);
  same("tickets: incidents are those made", [incident.id], incidents.map((one) => one.id));
  same("tickets: problem has incidents", true, (await show(made.id)).has_incidents);

  const { result: changed } = await client.tickets.update(made.id, {
    ticket: { status: "pending", priority: "low", comment: { body: "We look into it.", public: false } },
  });
  same("tickets: update", ["pending", "low"], [changed.status, changed.priority]);
  same("tickets: update, all fields", await truth(made.id), changed);
  const back = () => careful.tickets.update(made.id, { ticket: { status: "new" } });
  same("tickets: new does not come back", [422, "RecordInvalid"], await refused(back));

  const comments = await client.tickets.getComments(made.id);
  const texts = comments.map((one) => [one.plain_body, one.public]);
  const wanted = [["It hums & hums.", true], ["We look into it.", false]];
  same("comments: text and who sees them", wanted, texts);
  same("comments: list", await rows(`tickets/${made.id}/comments`, "comments"), comments);
  for (const { id } of (await client.tickets.list()).slice(0, 10)) {
    const read = await client.tickets.getComments(id);
    same(`comments: of ticket ${id}`, await rows(`tickets/${id}/comments`, "comments"), read);
  }
  const audits = await client.tickets.exportAudit(made.id);
  same("audits: list", await rows(`tickets/${made.id}/audits`, "audits"), audits);

  const other = await create({ subject: "Twice", comment: { body: "Again." } });
  const { result: merging } = await client.tickets.merge(incident.id, { ids: [other.id], target_comment: "joined" });
  same("tickets: merge ends", "completed", (await finish(merging.job_status)).job.status);
  same("tickets: merged one", await truth(other.id), await show(other.id));
  same("tickets: merged one says closed", "closed", (await show(other.id)).status);

  const lost = await create({ subject: "Gone", comment: { body: "Away." } });
  await client.tickets.delete(lost.id);
  same("tickets: delete", 404, (await exchange(`api/v2/tickets/${lost.id}`)).status);
  const again = () => careful.tickets.show(lost.id);
  same("tickets: delete, read again", [404, "RecordNotFound"], await refused(again));
  const { result: bin } = await client.tickets.get(["deleted_tickets"]);
  same("tickets: deleted ones are listed", [lost.id], bin.deleted_tickets.map((one) => one.id));
  await client.tickets.put(["deleted_tickets", lost.id, "restore"]);
  const note = "restored by the general `put`: node-zendesk has no method for it";
  same("tickets: restore", await truth(lost.id), await show(lost.id), note);
  same("tickets: restored one has its subject", "Gone", (await show(lost.id)).subject);
}

async function uploads() {
  const content = Buffer.from("fidelity: ü\n".repeat(100));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fidelity-"));
  const file = path.join(folder, "hum.txt");
  fs.writeFileSync(file, content);
  try {
    const { upload } = await client.attachments.upload(file, { filename: "hum.txt" });
    same("uploads: file", ["hum.txt", content.length], [upload.attachment.file_name, upload.attachment.size]);
    const send = async (uploads) => {
      const ticket = { subject: "With a file", comment: { body: "See the file.", uploads } };
      return client.tickets.getComments((await client.tickets.create({ ticket })).result.id);
    };
    const comments = await send([upload.token]);
    same("uploads: on the comment", ["hum.txt"], comments[0].attachments.map((one) => one.file_name));
    const [{ id, content_url: url }] = comments[0].attachments;
    same("uploads: attachment", await plain(`api/v2/attachments/${id}`), (await client.attachments.show(id)).result);
    const note = "its address read plainly: node-zendesk has no method that downloads";
    same("uploads: content", content.toString(), await (await fetch(url)).text(), note);
    const { upload: spare } = await client.attachments.upload(file, { filename: "spare.txt" });
    await client.attachments.deleteUpload(spare.token);
    same("uploads: delete", [], (await send([spare.token]))[0].attachments);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const PAGES = "page after page by the runner: node-zendesk leaves the paging of exports to its caller";

/** An export by cursor in small pages, from the start or a cursor. */
async function byCursor(name, from = undefined) {
  const paged = connect({ query: { per_page: 7 } });
  const found = [];
  let question = from ? { cursor: from } : { start_time: 0 };
  for (;;) {
    const { result } =
      name === "tickets" && question.cursor
        ? await paged.ticketexport.exportCursor(0, question.cursor)
        : await paged.ticketexport.get(["incremental", name, "cursor", question]);
    found.push(...result[name]);
    if (result.end_of_stream) return { found, cursor: result.after_cursor };
    question = { cursor: result.after_cursor };
  }
}

/** An export by time in small pages. */
async function byTime(name) {
  const paged = connect({ query: { per_page: 9 } });
  const found = new Map();
  for (let start = 0; ; ) {
    const { result } =
      name === "tickets"
        ? await paged.ticketexport.export(start)
        : await paged.ticketexport.get(["incremental", name, { start_time: start }]);
    for (const one of result[name]) found.set(one.id, one);
    if (result.end_of_stream) return found;
    start = result.end_time;
  }
}

async function exports() {
  await control("clock/advance", { seconds: 120 });
  const { result: gone } = await client.tickets.create({ ticket: { subject: "Deleted one", comment: { body: "x" } } });
  await client.tickets.delete(gone.id);
  await control("clock/advance", { seconds: 120 });
  for (const name of ["tickets", "users"]) {
    const truth = await exported(name);
    const { found, cursor } = await byCursor(name);
    same(`${name}: export by cursor`, truth, found, PAGES);
    same(`${name}: export by cursor, nothing new`, [], (await byCursor(name, cursor)).found);
    const timed = await byTime(name);
    same(`${name}: export by time, all fields`, truth, truth.map(({ id }) => timed.get(id)), PAGES);
    same(`${name}: export by time, no others`, truth.length, timed.size);
    const whole = name === "tickets" ? await client.tickets.incremental(0) : await client.users.incremental(0);
    same(`${name}: export by time in one page`, truth, whole);
    let late;
    if (name === "tickets") {
      same("tickets: export shows the deleted one", "deleted", found.find((one) => one.id === gone.id).status);
      late = (await client.tickets.create({ ticket: { subject: "Late", comment: { body: "x" } } })).result;
    } else {
      late = (await client.users.create({ user: { name: "Late", email: "late@fidelity.example" } })).result;
    }
    await control("clock/advance", { seconds: 120 });
    const more = (await byCursor(name, cursor)).found;
    same(`${name}: export by cursor goes on`, [late.id], more.map((one) => one.id));
  }
  const organizations = (await plain("api/v2/incremental/organizations?start_time=0")).organizations;
  same("organizations: export by time", organizations, await client.organizations.incremental(0));
  const events = (await plain("api/v2/incremental/ticket_events?start_time=0")).ticket_events;
  same("ticket events: export by time", events, await client.ticketevents.incremental(0));
  const ahead = () => careful.ticketexport.export(4_000_000_000);
  same("exports: a start in the future is refused", [400, "StartTimeTooRecent"], await refused(ahead));
}

const WAITS = "node-zendesk does not wait: it hands out an Error as the result, and the runner waits";

/** Calls until the answer is no 429, as the caller of node-zendesk has to. */
async function patiently(act) {
  const waits = [];
  for (;;) {
    const { response, result } = await act();
    if (response.status !== 429) return { result, waits };
    waits.push([response.headers.get("retry-after"), result instanceof Error && result.statusCode]);
    await sleep(1000 * Number(response.headers.get("retry-after")) + 20);
  }
}

async function limits() {
  await control("sends/clear", {});
  const email = "late@fidelity.example";
  const cases = [
    ["users/search", 2, 1, () => client.users.get(["users", "search", { query: email }]), (users) => users[0].email, email],
    ["users", 1, 2, () => client.users.create({ user: { name: "Patient" } }), (user) => user.name, "Patient"],
    ["incremental/tickets/cursor", 1, 1, () => client.ticketexport.get(["incremental", "tickets", "cursor", { start_time: 0 }]),
      (page) => page.end_of_stream, true],
  ];
  for (const [route, seconds, times, act, read, wanted] of cases) {
    await control("faults/add", { fault: `too-many:retry-after=${seconds}:route=${route}:times=${times}` });
    const { result, waits } = await patiently(act);
    same(`429 on ${route}`, Array(times).fill([String(seconds), 429]), waits, WAITS);
    same(`429 on ${route}: through`, wanted, read(result));
    await control("faults/clear", {});
  }
  await control("faults/add", { fault: "too-many:retry-after=1:route=users/search:times=1" });
  const list = await client.users.search({ query: email });
  const note = "a list that met a 429 holds an Error in place of its rows";
  same("429 in a list", [["Error", 429]], list.map((one) => [one.constructor.name, one.statusCode]), note);
  await control("faults/clear", {});
  await sleep(1020);
  same("429: never too early", 0, (await control("sends")).requests_too_early);
}

/** The limit of one user write a second, on an account that has limits. */
async function realLimit() {
  const { result: me } = await client.users.me();
  let waited = 0;
  for (const number of [0, 1, 2]) {
    const act = () => client.users.update(me.id, { user: { notes: `note ${number}` } });
    waited += (await patiently(act)).waits.length;
  }
  same("429 of the limit of user writes", true, waited > 0, WAITS);
  same("429 of the limit of user writes: through", "note 2", (await client.users.show(me.id)).result.notes);
}

/** The whole account at the end, for whoever started this. */
async function account() {
  await control("clock/advance", { seconds: 120 });
  const tickets = (await byCursor("tickets")).found;
  holds("users", (await byCursor("users")).found);
  holds("tickets", tickets);
  const comments = [];
  for (const { id } of tickets.filter((one) => one.status !== "deleted")) {
    for (const one of await client.tickets.getComments(id)) comments.push({ ...one, ticket_id: id });
  }
  holds("comments", comments);
}

const PARTS = { users, tickets, uploads, exports, limits, account, "real-limit": realLimit };
const chosen = process.argv.slice(2);
for (const name of chosen.length ? chosen : Object.keys(PARTS).filter((one) => one !== "real-limit")) {
  await part(name, PARTS[name]);
}
