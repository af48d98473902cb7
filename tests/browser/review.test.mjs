// `isoscan review`: who is let in, judgements that are never lost, the viewer, and the export.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterEach, beforeEach } from "node:test";
import { endServers, open, pages, picture, program, review, test } from "./browser.mjs";

const out = path.join(pages, "run");
const table = path.join(out, "ratings.tsv");
// These hold for the tests of all files: nothing is left to the next test.
beforeEach(() => { rmSync(table, { force: true }); });
afterEach(endServers);

function ask(origin, where, options = {}) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path: where, agent: false, ...options }, (response) => {
      let body = "";
      response.on("data", (bytes) => { body += bytes; });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on("error", reject);
    request.end(options.body);
  });
}
async function session(server) {
  const answer = await ask(server.origin, new URL(server.link).search.replace(/^/, "/"));
  assert.equal(answer.status, 302);
  return answer.headers["set-cookie"][0].split(";")[0];
}
const judgement = (rater, more = {}) => JSON.stringify({ rater, scan: "sub-01", rating: "accept", artefacts: [], comment: "", output_sha256: "", ...more });

test("nobody is let in without the link, from elsewhere, or to other files", async () => {
  const server = await review(out);
  console.log(`server answers after ${server.seconds.toFixed(2)} s of processor time, ${server.milliseconds} ms on the wall`);
  assert.ok(server.seconds < 1, server.seconds + " s");
  assert.ok(server.origin.startsWith("http://127.0.0.1:"));
  assert.equal((await ask(server.origin, "/")).status, 403, "no token");
  assert.equal((await ask(server.origin, "/?token=" + "0".repeat(32))).status, 403, "wrong token");
  const Cookie = await session(server);
  assert.match((await ask(server.origin, "/?token=" + new URL(server.link).searchParams.get("token"))).body, /used before/, "the token works once");
  assert.equal((await ask(server.origin, "/", { headers: { Cookie } })).status, 200);
  assert.equal((await ask(server.origin, "/", { headers: { Cookie: Cookie.slice(0, -1) + "x" } })).status, 403);
  assert.equal((await ask(server.origin, "/", { headers: { Cookie, Host: "example.org" } })).status, 403, "a foreign name for this address");
  for (const where of ["/../manifest.json", "/..%2fmanifest.json", "/%2e%2e/%2e%2e/etc/passwd", "/thumbnails/..%2f..%2fratings.tsv", "/figures/sub-01.json", "/ratings.tsv",
    "/volumes/..%2f..%2fetc/after.nii", "/volumes/sub-99/after.nii", "/sub-99.html", "//etc/passwd"]) {
    assert.equal((await ask(server.origin, where, { headers: { Cookie } })).status, 404, where);
  }
  const post = (headers, body = judgement("Ann")) => ask(server.origin, "/ratings", { method: "POST", headers: { Cookie, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers }, body });
  assert.equal((await post({ Origin: "http://example.org" })).status, 403, "foreign origin");
  assert.equal((await post({})).status, 403, "no origin");
  assert.equal(existsSync(table), false, "nothing was written");
  assert.equal((await post({ Origin: server.origin }, judgement("Ann", { scan: "sub-99" }))).status, 404);
  assert.equal((await post({ Origin: server.origin }, "{")).status, 400);
  assert.equal((await post({ Origin: server.origin }, "x".repeat(100000))).status, 413);
  assert.equal((await post({ Origin: server.origin })).status, 200);
  const { headers, body: html } = await ask(server.origin, "/sub-01.html", { headers: { Cookie, "Accept-Encoding": "gzip, br" } });
  assert.equal(headers["content-encoding"], undefined, "packing takes longer than the way");
  assert.equal(Number(headers["content-length"]), Buffer.byteLength(html));
  assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.deepEqual(await server.stop(), { status: 0, signal: null });
});

test("a rater works by keyboard alone, and judgements outlive a killed server", async () => {
  let server = await review(out);
  let page = await open({}, server.origin);
  await page.goto(server.link);
  assert.equal(new URL(page.url()).search, "", "the token leaves the address");
  await page.click("#scans tbody tr:first-child a");
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  const judged = [];
  for (const key of ["r", "u", "a", "a", "a"]) {
    judged.push(await page.getAttribute("#rate", "data-scan"));
    await page.keyboard.press(key);
    await page.waitForFunction(() => document.getElementById("saved").textContent.startsWith("Kept"));
    if (judged.length < 5) await Promise.all([page.waitForNavigation(), page.keyboard.press("n")]);
  }
  assert.equal(new Set(judged).size, 5, "N leads through all scans");
  assert.deepEqual(page.complaints, []);
  await server.stop("SIGKILL");
  appendFileSync(table, "2026-11-29T07:15:00Z\tBo\tsub-0");  // as a power cut tears a line
  server = await review(out);
  page = await open({}, server.origin);
  await page.goto(server.link);
  assert.match(await page.textContent("#rated-count"), /5 of 5 scans judged/);
  await page.goto(server.origin + "/sub-01.html");
  await page.fill("#rater", "Bo");
  await page.press("#rater", "Tab");
  await page.keyboard.press("r");
  await page.waitForFunction(() => document.getElementById("agreement").textContent !== "");
  assert.equal(await page.textContent("#agreement"), "The raters do not agree.");
  await picture(page, "review");
  await page.reload();
  assert.equal(await page.locator("#judgements li").count(), 2);
  const lines = readFileSync(table, "utf8").split("\n");
  assert.equal(lines.length, 1 + 6 + 1, "the torn line is aside, none is lost");
  assert.match(readFileSync(table + ".torn", "utf8"), /Bo\tsub-0\n/);
  rmSync(table + ".torn");
  await server.stop();
});

test("a box goes to the server, and a table from before boxes gets its column", async () => {
  const earlier = "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\n2026-11-29T07:15:00Z\tBo\tsub-01\taccept\tn/a\tn/a\tn/a\n";
  appendFileSync(table, earlier);
  const server = await review(out);
  const Cookie = await session(server);
  const boxes = [{ artefact: "motion", plane: "axial", low: [1, 2, 3], high: [4, 5, 3] }];
  const post = (body) => ask(server.origin, "/ratings", { method: "POST", headers: { Cookie, Origin: server.origin, "Content-Length": Buffer.byteLength(body) }, body });
  const answer = await post(judgement("Ann", { boxes }));
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body).ratings.map((entry) => entry.boxes.length), [0, 1]);
  assert.deepEqual(JSON.parse(answer.body).raters, ["Ann", "Bo"]);
  const get = async (query) => JSON.parse((await ask(server.origin, "/ratings" + query, { headers: { Cookie } })).body);
  assert.equal((await get("?scan=sub-02")).ratings.length, 0, "a page gets what is of its scan");
  assert.equal((await get("")).ratings.length, 2);
  assert.equal((await post(judgement("Ann", { boxes: [{ ...boxes[0], plane: "<b>" }] }))).status, 400);
  await server.stop();
  const lines = readFileSync(table, "utf8").trim().split("\n").map((line) => line.split("\t"));
  assert.deepEqual(lines.map((line) => line[7]), ["boxes", "n/a", "motion:axial:1,2,3:4,5,3"]);
});

test("a line without its end is kept, a torn one is put aside", async () => {
  const whole = "2026-11-28T08:00:00Z\tBea\tsub-02\treject\tn/a\tbad motion\tn/a\tn/a";
  appendFileSync(table, "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\tboxes\n" + whole);
  const server = await review(out);
  const Cookie = await session(server);
  const post = (rater) => { const body = judgement(rater); return ask(server.origin, "/ratings", { method: "POST", headers: { Cookie, Origin: server.origin, "Content-Length": Buffer.byteLength(body) }, body }); };
  assert.equal((await post("Ann")).status, 200);
  appendFileSync(table, "2026-11-29T07:15:00Z\tBo\tsub-0");
  assert.equal((await post("Cy")).status, 200);
  await server.stop();
  assert.deepEqual(readFileSync(table, "utf8").trim().split("\n").slice(1).map((line) => line.split("\t")[1]), ["Bea", "Ann", "Cy"]);
  assert.match(readFileSync(table + ".torn", "utf8"), /Bo\tsub-0\n$/);
  rmSync(table + ".torn");
});

test("whoever goes on before the answer waits for it, and is held where it says no", async () => {
  const server = await review(out);
  const page = await open({}, server.origin);
  await page.goto(server.link);
  await page.goto(server.origin + "/sub-01.html");
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  let answer;
  await page.route("**/ratings", async (route) => {
    if (route.request().method() === "POST") await answer(route);
    else await route.continue();
  });
  answer = (route) => new Promise((resolve) => setTimeout(() => resolve(route.continue()), 1500));
  const here = page.url();
  await page.keyboard.press("a");
  await page.keyboard.press("n");
  assert.equal(page.url(), here, "not before the answer");
  await page.waitForURL((url) => url.href !== here);
  assert.match(readFileSync(table, "utf8"), /Ann\tsub-01\taccept/);
  answer = (route) => route.fulfill({ status: 500, contentType: "application/json", body: JSON.stringify({ error: "the disk is full" }) });
  const next = page.url();
  await page.keyboard.press("r");
  await page.keyboard.press("n");
  await page.waitForFunction(() => document.getElementById("saved").textContent.startsWith("NOT KEPT: the disk is full"));
  await page.keyboard.press("n");
  assert.equal(page.url(), next, "it is said before one leaves");
  await Promise.all([page.waitForURL((url) => url.href !== next), page.keyboard.press("n")]);
  await server.stop();
});

test("two quick judgements stand in the order in which they were made", async () => {
  const server = await review(out);
  const page = await open({}, server.origin);
  await page.goto(server.link);
  await page.goto(server.origin + "/sub-01.html");
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  let posts = 0;
  await page.route("**/ratings", async (route) => {
    if (route.request().method() === "POST" && ++posts === 1) await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue();
  });
  for (const key of ["a", "u", "r"]) await page.keyboard.press(key);
  await page.waitForFunction(() => document.getElementById("saved").textContent === "Kept: reject.");
  assert.equal(posts, 2, "the last one alone waits for the first");
  assert.deepEqual(readFileSync(table, "utf8").trim().split("\n").slice(1).map((line) => line.split("\t")[3]), ["accept", "reject"]);
  assert.deepEqual(page.complaints, []);
  await server.stop();
});

test("an answer that comes late changes nothing that was pressed meanwhile, and has words of its own", async () => {
  const server = await review(out);
  const page = await open({}, server.origin);
  await page.goto(server.link);
  await page.evaluate(() => localStorage.setItem("isoscan rater", "Ann"));
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await page.route("**/ratings?scan=*", async (route) => { await held; await route.continue(); });
  await page.goto(server.origin + "/sub-01.html");
  await page.keyboard.press("r");
  await page.check("input[value=noise]");
  await page.waitForFunction(() => document.getElementById("saved").textContent === "Kept: reject.");
  const late = page.waitForResponse("**/ratings?scan=*");
  go();
  await late;
  assert.ok(await page.isChecked("input[value=reject]") && await page.isChecked("input[value=noise]"));
  await page.unroute("**/ratings?scan=*");
  await page.route("**/ratings?scan=*", (route) => route.fulfill({ status: 500, contentType: "application/json", body: JSON.stringify({ error: "no table" }) }));
  await page.reload();
  await page.waitForFunction(() => document.getElementById("saved").textContent.startsWith("Judgements cannot be read: no table"));
  await server.stop();
});

test("another link for another browser, while the first goes on", async () => {
  const server = await review(out);
  const first = await session(server);
  const link = await server.another();
  assert.notEqual(link, server.link);
  const second = await session({ ...server, link });
  for (const Cookie of [first, second]) assert.equal((await ask(server.origin, "/", { headers: { Cookie } })).status, 200);
  assert.equal((await ask(server.origin, "/" + new URL(link).search)).status, 403, "each works once");
  assert.deepEqual(await server.stop(), { status: 0, signal: null });
});

test("a run that was run again is read again", async () => {
  const index = path.join(out, "reports/index.json"), bytes = readFileSync(index, "utf8");
  const run = JSON.parse(bytes), sub01 = run.scans.find((each) => each.scan === "sub-01");
  const server = await review(out);
  const Cookie = await session(server);
  const body = judgement("Ann", { output_sha256: sub01.output_sha256 });
  await ask(server.origin, "/ratings", { method: "POST", body, headers: { Cookie, Origin: server.origin, "Content-Length": Buffer.byteLength(body) } });
  const judged = async () => JSON.parse((await ask(server.origin, "/ratings?rater=ann", { headers: { Cookie } })).body).judged;
  assert.deepEqual(await judged(), ["sub-01"]);
  sub01.output_sha256 = "0".repeat(64);
  sub01.reason = "harmonized anew";
  writeFileSync(index, JSON.stringify(run));
  try {
    assert.deepEqual(await judged(), [], "what was said of the output before does not count");
    assert.match((await ask(server.origin, "/", { headers: { Cookie } })).body, /harmonized anew/);
    writeFileSync(index, "{");
    assert.equal((await ask(server.origin, "/", { headers: { Cookie } })).status, 400, "and a damaged record is said");
  } finally { writeFileSync(index, bytes); }
  assert.equal((await ask(server.origin, "/", { headers: { Cookie } })).status, 200);
  await server.stop();
});

test("5,000 scans: the server starts and answers soon", async () => {
  const many = path.join(pages, "many");
  const server = await review(many);
  console.log(`server over 5,000 scans answers after ${server.seconds.toFixed(2)} s of processor time, ${server.milliseconds} ms on the wall`);
  assert.ok(server.seconds < 1, server.seconds + " s");
  const Cookie = await session(server);
  for (const words of ["first", "second"]) {
    const asked = Date.now();
    assert.equal((await ask(server.origin, "/", { headers: { Cookie } })).status, 200);
    console.log(`its page of all scans, ${words} time: ${Date.now() - asked} ms`);
  }
  await server.stop();
});

test("--import takes what was judged without the server, once, and nothing of other scans", async () => {
  const file = path.join(pages, "downloaded.tsv"), header = "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\tboxes\n";
  const line = "2026-11-29T07:15:00Z\tBo\tsub-02\treject\tnoise\tgrainy\tn/a\tn/a\n";
  const bring = (text) => {
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(program, ["review", out, "--import", file], { encoding: "utf8" });
    return [status, stderr];
  };
  appendFileSync(table, header + line.slice(0, 30));
  assert.deepEqual(bring(header + line), [0, `a torn line of ${table} was moved to ratings.tsv.torn\n1 judgement added to ${table}, 0 were there before\n`]);
  rmSync(table + ".torn");
  assert.deepEqual(bring(header + line), [0, `0 judgements added to ${table}, 1 were there before\n`]);
  const kept = readFileSync(table, "utf8");
  assert.equal(kept, header + line);
  for (const [text, words] of [[header + line.replace("sub-02", "sub-99"), /sub-99 is no scan of this run/], [header + line + "2026", /ends in the midst of a line/],
    [header + line.replace("reject", "maybe"), /downloaded\.tsv:2: a rating is accept/], ["path\n", /is no header/]]) {
    const [status, said] = bring(text);
    assert.equal(status, 3, said);
    assert.match(said, words);
  }
  assert.equal(readFileSync(table, "utf8"), kept);
});

test("servers side by side in one browser do not end each other's session", async () => {
  const servers = [await review(out), await review(out)];
  const page = await open({}, "http://127.0.0.1");
  for (const server of servers) await page.goto(server.link);
  for (const server of servers) assert.equal((await page.goto(server.origin + "/sub-01.html")).status(), 200);
  await Promise.all(servers.map((server) => server.stop()));
});

test("a link in OUT that leads out of it is not followed", async () => {
  const picture = path.join(out, "reports/thumbnails/sub-02.png");
  const bytes = readFileSync(picture);
  rmSync(picture);
  symlinkSync("/etc/hostname", picture);
  const server = await review(out);
  const Cookie = await session(server);
  assert.equal((await ask(server.origin, "/thumbnails/sub-02.png", { headers: { Cookie } })).status, 404);
  await server.stop();
  rmSync(picture);
  writeFileSync(picture, bytes);
});

test("two servers and many judgements at once lose none", async () => {
  const servers = await Promise.all([review(out), review(out)]);
  const cookies = await Promise.all(servers.map(session));
  const answers = await Promise.all(Array.from({ length: 60 }, (unused, n) => {
    const body = judgement("rater " + n), server = servers[n % 2];
    return ask(server.origin, "/ratings", { method: "POST", body, headers: { Cookie: cookies[n % 2], Origin: server.origin, "Content-Length": Buffer.byteLength(body) } });
  }));
  assert.ok(answers.every((answer) => answer.status === 200));
  const raters = new Set(readFileSync(table, "utf8").trim().split("\n").slice(1).map((line) => line.split("\t")[1]));
  assert.equal(raters.size, 60);
  await Promise.all(servers.map((server) => server.stop()));
});

test("the viewer shows both volumes, linked, and asks only this server", async () => {
  const server = await review(out);
  const page = await open({ viewport: { width: 340, height: 700 } }, server.origin);
  await page.goto(server.link);
  let answer;
  const asked = new Promise((resolve) => { answer = resolve; });
  await page.route("**/what", async (route) => { await asked; await route.continue(); });
  await page.goto(server.origin + "/sub-01.html");
  await page.click("#viewer-open");
  assert.match(await page.textContent("#viewer-words"), /^Loading the viewer/, "asked for before the server said what it has");
  answer();
  await page.waitForFunction(() => document.getElementById("viewer").dataset.state === "open" || /fail|cannot/.test(document.getElementById("viewer-words").textContent), null, { polling: 200 });
  assert.equal(await page.getAttribute("#viewer", "data-state"), "open", await page.textContent("#viewer-words"));
  await page.locator("#slide-change").fill("60");
  await page.locator("#panes").scrollIntoViewIfNeeded();
  await picture(page, "viewer", false);
  for (const pane of ["before", "after"]) {
    const bytes = await page.locator("#pane-" + pane).screenshot();
    assert.ok(bytes.length > 8000, pane + ": an empty picture is smaller");
  }
  assert.deepEqual(page.complaints, []);
  await server.stop();
});

test("a viewer that is named and not there is an error", () => {
  assert.throws(() => execFileSync(program, ["review", out, "--viewer", path.join(pages, "none.js")], { stdio: "pipe" }), (error) => error.status === 4 && /none\.js/.test(error.stderr.toString()));
});

test("--export gives what nobody doubts, as a table that isoscan takes", async () => {
  const server = await review(out);
  const Cookie = await session(server);
  const facts = (scan) => JSON.parse(readFileSync(path.join(out, "reports", scan + ".json"), "utf8")).provenance.output_sha256;
  for (const [rater, scan, rating] of [["Ann", "sub-01", "accept"], ["Ann", "sub-02", "accept"], ["Bo", "sub-02", "reject"], ["Bo", "sub-05", "accept"]]) {
    const body = judgement(rater, { scan, rating, output_sha256: facts(scan) });
    assert.equal((await ask(server.origin, "/ratings", { method: "POST", body, headers: { Cookie, Origin: server.origin, "Content-Length": Buffer.byteLength(body) } })).status, 200);
  }
  await server.stop();
  const file = path.join(pages, "accepted.tsv");
  execFileSync(program, ["review", out, "--export", file], { stdio: "pipe" });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.deepEqual(lines.map((line) => line.split("\t")[1]), ["subject", "01", "05"]);
  assert.match(execFileSync(program, ["info", file], { encoding: "utf8" }), /sub-01/);
});
