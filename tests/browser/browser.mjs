// Debian's Chromium, pages that may not complain, and the review server as its user starts it.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import nodeTest, { after } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const pages = process.env.ISOSCAN_PAGES;
export const program = process.env.ISOSCAN_PROGRAM;
// On a machine that is busy with other tests all takes its time; what never comes is an error and not a wait for ever.
const patience = 120000;
const viewport = { width: 1280, height: 900 };
export function test(name, run) { return nodeTest(name, { timeout: 4 * patience }, run); }
export const fileUrl = (...parts) => pathToFileURL(path.join(pages, ...parts)).href;

// One for all tests. Pages are drawn without a graphics processor, which takes the least time; the viewer has one in software.
const browser = await chromium.launch({
  timeout: patience,
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-gpu", "--enable-unsafe-swiftshader"]
});
after(async () => {
  endServers();
  await browser.close();
});

// A page of its own kind of person: `complaints` holds errors, refused policies, and requests to anywhere but `origin`.
// A process for each test takes as long as most tests, so tests of one kind of person share a page, which begins anew.
const shared = new Map();
async function made(options) {
  const context = await browser.newContext({ viewport, acceptDownloads: true, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") page.complaints.push(message.text()); });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(page.origin) && !url.startsWith("data:") && !url.startsWith("blob:")) page.complaints.push("request to " + url);
  });
  page.protocol = await context.newCDPSession(page);
  return page;
}
export async function open(options = {}, origin = "file://") {
  const kind = JSON.stringify(options);
  let page = shared.get(kind);
  if (!page) {
    page = await made(options);
    shared.set(kind, page);
  } else {
    page.removeAllListeners("dialog");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.goto("about:blank");
    await page.protocol.send("Storage.clearDataForOrigin", { origin: page.origin, storageTypes: "all" });
    await page.context().clearCookies();
    await page.emulateMedia({ media: null, colorScheme: null });
    await page.setViewportSize(options.viewport ?? viewport);
    await page.mouse.move(0, 0);
  }
  page.complaints = [];
  page.origin = origin;
  return page;
}

export async function picture(page, name, fullPage = true) {
  const folder = process.env.ISOSCAN_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, name + ".png"), fullPage });
}

// Servers that run. One that a failed test left behind would keep this process, and whoever waits for it, for ever.
const servers = new Set();
export function endServers() { servers.forEach((child) => child.kill("SIGKILL")); }

// Seconds of processor time of a process up to now, which does not count what else this machine is busy with.
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// `isoscan review`: resolves with the link, and what ends it.
export function review(out, ...more) {
  const started = Date.now();
  const child = spawn(program, ["review", out, ...more], { stdio: ["ignore", "pipe", "pipe"] });
  servers.add(child);
  child.on("exit", () => servers.delete(child));
  let said = "";
  child.stderr.on("data", (bytes) => { said += bytes; });
  const ended = new Promise((resolve) => child.on("exit", (status, signal) => resolve({ status, signal })));
  // Lines of its output as they come: each is a link.
  const links = [], asked = [];
  let line = "";
  child.stdout.on("data", (bytes) => {
    line += bytes;
    for (let end; (end = line.indexOf("\n")) >= 0; line = line.slice(end + 1)) links.push(line.slice(0, end));
    while (links.length && asked.length) asked.shift()(links.shift());
  });
  const next = () => new Promise((resolve) => { if (links.length) resolve(links.shift()); else asked.push(resolve); });
  return Promise.race([ended.then(() => { throw new Error("isoscan review ended: " + said); }), next().then((link) => ({
    link, origin: new URL(link).origin, milliseconds: Date.now() - started, seconds: processorSeconds(child.pid), child,
    another: () => { child.kill("SIGUSR1"); return next(); },
    stop: (signal = "SIGINT") => { child.kill(signal); return ended; }
  }))]);
}
