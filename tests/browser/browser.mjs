// Debian's Chromium, pages that may not complain, and the review server as its user starts it.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const pages = process.env.ISOSCAN_PAGES;
export const program = process.env.ISOSCAN_PROGRAM;
export const fileUrl = (...parts) => pathToFileURL(path.join(pages, ...parts)).href;

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
  });
}

// A page of its own kind of person: `complaints` holds errors, refused policies, and requests to anywhere but `origin`.
export async function open(browser, options = {}, origin = "file://") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") page.complaints.push(message.text()); });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith("blob:")) page.complaints.push("request to " + url);
  });
  return page;
}

export async function picture(page, name, fullPage = true) {
  const folder = process.env.ISOSCAN_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, name + ".png"), fullPage });
}

// `isoscan review`: resolves with the link, and what ends it.
export function review(out, ...more) {
  const started = Date.now();
  const child = spawn(program, ["review", out, ...more], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes) => { said += bytes; });
  const ended = new Promise((resolve) => child.on("exit", (status, signal) => resolve({ status, signal })));
  return new Promise((resolve, reject) => {
    let link = "";
    child.stdout.on("data", (bytes) => {
      link += bytes;
      if (link.endsWith("\n")) {
        resolve({ link: link.trim(), origin: new URL(link.trim()).origin, milliseconds: Date.now() - started, child,
          stop: (signal = "SIGINT") => { child.kill(signal); return ended; } });
      }
    });
    ended.then(() => reject(new Error("isoscan review ended: " + said)));
  });
}
