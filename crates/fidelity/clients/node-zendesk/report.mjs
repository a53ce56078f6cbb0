// What `../report.py` is to the runners in Python: plain reads of the account, and the lines reported.

import http from "node:http";
import { isDeepStrictEqual } from "node:util";

export const EMAIL = "agent@example.com";
export const TOKEN = "token";
export const BASE = process.env.FIDELITY_BASE.replace(/\/$/, "");
const TRUTH = (process.env.FIDELITY_TRUTH ?? BASE).replace(/\/$/, "");
const HOST = BASE.split("://")[1];
const CLIENT = "node-zendesk";

const write = (fields) => process.stdout.write(JSON.stringify({ client: CLIENT, ...fields }) + "\n");

/** Writes a line. */
export function line(step, expected, seen, ok, note) {
  write({ step, expected, seen, ok, ...(note ? { note } : {}) });
}

/** A step whose two sides must be equal. */
export function same(step, expected, seen, note) {
  const json = seen === undefined ? null : JSON.parse(JSON.stringify(seen));
  line(step, expected, json, isDeepStrictEqual(expected, json), note);
}

/** Rows that are compared once more with the account itself. */
export function holds(kind, seen) {
  write({ step: `the account holds these ${kind}`, holds: kind, seen });
}

/** An exchange without the client: status and JSON. */
export function exchange(where, method = "GET", body = undefined, more = {}) {
  // Links in answers carry the host that was asked for.
  const url = (where.startsWith("http") ? where : `${TRUTH}/${where}`).replace(BASE, TRUTH);
  const secret = Buffer.from(`${EMAIL}/token:${TOKEN}`).toString("base64");
  const headers = { Authorization: `Basic ${secret}`, "Content-Type": "application/json", Host: HOST, ...more };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent: false, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const json = (response.headers["content-type"] ?? "").includes("json") && text;
        resolve({ status: response.statusCode, body: json ? JSON.parse(text) : text });
      });
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The JSON of a plain read. */
export async function plain(where) {
  const { status, body } = await exchange(where);
  if (status !== 200) throw new Error(`plain read of ${where}: ${status}`);
  return body;
}

/** All rows of a list, by offset. */
export async function rows(where, name) {
  const found = [];
  for (let page = `api/v2/${where}`; page; ) {
    const answer = await plain(page);
    found.push(...answer[name]);
    page = answer.next_page;
  }
  return found;
}

/** All rows of a list, by cursor: a list of tickets has fewer fields so. */
export async function rowsByCursor(where, name) {
  const found = [];
  for (let page = `api/v2/${where}?page[size]=100`; ; ) {
    const answer = await plain(page);
    found.push(...answer[name]);
    if (!answer.meta.has_more) return found;
    page = answer.links.next;
  }
}

/** All rows of an export, by cursor. */
export async function exported(name) {
  const found = [];
  for (let page = `api/v2/incremental/${name}/cursor?start_time=0&per_page=13`; ; ) {
    const answer = await plain(page);
    found.push(...answer[name]);
    if (answer.end_of_stream) return found;
    page = answer.after_url;
  }
}

/** An action of the simulator's control route; a read without a body. */
export async function control(action, body = undefined) {
  const headers = { "X-Simulator-Control": "yes" };
  const { status, body: answer } = await exchange(`_control/${action}`, body ? "POST" : "GET", body, headers);
  if (status !== 200) throw new Error(`${action}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Runs a part; what breaks off is a failed step, and the other parts are still run. */
export async function part(name, act) {
  try {
    await act();
  } catch (problem) {
    console.error(problem);
    line(name, "no exception", String(problem).slice(0, 600), false);
  }
}
