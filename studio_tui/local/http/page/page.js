"use strict";
// Read-only: polls the changing facts of the job, and the new part of its log.
const POLL_MS = 1500, FIRST_BYTES = 262144, MAX_CHARACTERS = 2000000;
const ENDED = new Set(["COMPLETE", "FAILED", "CANCELED"]);
const log = document.getElementById("log"), shown = {};
let offset = null, version = null, decoder = new TextDecoder();

async function readFacts() {
  const answer = await fetch("state", { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  const { status, parts } = await answer.json();
  for (const [id, html] of Object.entries(parts)) {
    // Only after a change, as new HTML loses the selection and the focus.
    if (html !== shown[id]) document.getElementById(id).innerHTML = shown[id] = html;
  }
  return ENDED.has(status);
}

async function readLog() {
  for (;;) {
    const isFirst = offset === null;
    const headers = { Range: isFirst ? `bytes=-${FIRST_BYTES}` : `bytes=${offset}-` };
    if (!isFirst) headers["If-Range"] = version;
    const answer = await fetch("log", { headers, cache: "no-store" });
    if (answer.status === 416) return;
    if (!answer.ok) throw new Error(answer.status);
    if (!isFirst && answer.status !== 206) {
      // The middle of the output was dropped, so that offsets have changed: begin again with its end.
      await answer.body.cancel();
      offset = null;
      log.textContent = "";
      decoder = new TextDecoder();
      continue;
    }
    version = answer.headers.get("ETag");
    const bytes = await answer.arrayBuffer();
    const part = /^bytes (\d+)-/.exec(answer.headers.get("Content-Range") || "");
    const start = part ? Number(part[1]) : 0;
    if (isFirst && start > 0) document.getElementById("cut").hidden = false;
    offset = start + bytes.byteLength;
    const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 40;
    log.append(decoder.decode(bytes, { stream: true }));
    if (log.textContent.length > MAX_CHARACTERS) {
      log.textContent = log.textContent.slice(-MAX_CHARACTERS / 2);
      document.getElementById("cut").hidden = false;
    }
    if (atEnd) scrollTo(0, document.body.scrollHeight);
    if (!bytes.byteLength) return;
  }
}

async function watch() {
  let ended = false;
  try {
    const hasEnded = await readFacts();
    await readLog();
    ended = hasEnded;
    document.getElementById("stale").hidden = true;
  } catch (error) {
    document.getElementById("stale").hidden = false;
  }
  if (!ended) setTimeout(watch, POLL_MS);
}

watch();
