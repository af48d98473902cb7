// Pages that were opened as files: flicker, judge, sort, filter, and nothing that complains.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import test, { after, before } from "node:test";
import { fileUrl, launch, open, pages, picture } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const shown = (page, selector) => page.$eval(selector, (node) => getComputedStyle(node).visibility === "visible");
const scan = () => fileUrl("run", "reports", "sub-01.html");

test("a scan's page flickers by pointer and by key", async () => {
  const page = await open(browser);
  await page.goto(scan());
  assert.equal(await page.title(), "sub-01: Harmonized (Isoscan)", "hostile text ran no script");
  await page.mouse.move(5, 5);
  const picture1 = ".compare img.after";
  assert.equal(await shown(page, picture1), true);
  await page.hover(".compare .stage");
  assert.equal(await shown(page, picture1), false, "the pointer shows the other one");
  await page.mouse.move(5, 5);
  await page.keyboard.press(" ");
  assert.equal(await shown(page, picture1), false, "Space swaps");
  await page.keyboard.press("ArrowRight");
  assert.equal(await shown(page, picture1), true);
  assert.equal(await shown(page, ".compare img.contour"), false);
  await page.keyboard.press("c");
  assert.equal(await shown(page, ".compare img.contour"), true, "C draws contours");
  await page.keyboard.press("f");
  assert.equal(await page.$eval(picture1, (node) => getComputedStyle(node).animationName), "blink");
  const letters = await page.$$eval(".compare .axial .tile", (tiles) => tiles.map((tile) => tile.querySelector(".mark.l").textContent + tile.querySelector(".mark.r").textContent));
  assert.ok(letters.length > 3 && letters.every((pair) => pair === "RL"), "sides are marked on every picture");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a judgement on a static page is found again and can be downloaded", async () => {
  const page = await open(browser);
  await page.goto(scan());
  await page.keyboard.press("a");
  assert.match(await page.textContent("#saved"), /NOT KEPT: write who judges/);
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  assert.equal(await page.textContent("#saved"), "Kept: accept.");
  await page.check("input[value=noise]");
  await page.fill("#comment", "grainy\tand more");
  await page.press("#comment", "Tab");
  await page.reload();
  assert.ok(await page.isChecked("input[value=accept]"));
  assert.ok(await page.isChecked("input[value=noise]"));
  assert.equal(await page.inputValue("#comment"), "grainy\tand more");
  await page.focus("#comment");
  await page.keyboard.press("r");
  assert.ok(await page.isChecked("input[value=accept]"), "typing a comment judges nothing");
  await page.goto(fileUrl("run", "reports", "index.html"));
  assert.equal(await page.textContent("#scans tr:has(a[href='./sub-01.html']) .rated"), "accept");
  assert.match(await page.textContent("#rated-count"), /1 of 5 scans judged/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download-ratings")]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
  assert.equal(lines[0], "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256");
  assert.equal(lines.length, 4, "every change is a line");
  assert.deepEqual(lines.at(-1).split("\t").slice(1, 6), ["Ann", "sub-01", "accept", "noise", "grainy and more"]);
  await page.selectOption("#rated", "unrated");
  assert.equal(await page.locator("#scans tbody tr").count(), 4);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("5,000 scans: small, soon there, sorted, filtered, searched", async () => {
  const file = path.join(pages, "many/reports/index.html");
  const bytes = statSync(file).size;
  assert.ok(bytes < 5e6, bytes + " bytes");
  const page = await open(browser);
  const pictures = [];
  page.on("request", (request) => { if (request.url().endsWith(".png")) pictures.push(request.url()); });
  // Time of the page's own thread, which does not count what else this machine is busy with.
  const clock = await page.context().newCDPSession(page);
  await clock.send("Performance.enable", { timeDomain: "threadTicks" });
  const start = Date.now();
  await page.goto(fileUrl("many", "reports", "index.html"), { waitUntil: "commit" });
  await page.waitForSelector("#scans th button");
  await page.fill("#find", "sub-12345");
  assert.equal(await page.locator("#scans tbody tr").count(), 1);
  const wall = Date.now() - start;
  const { metrics } = await clock.send("Performance.getMetrics");
  const seconds = metrics.find((metric) => metric.name === "TaskDuration").value;
  console.log(`index of 5,000 scans: ${bytes} bytes, answers a search after ${seconds.toFixed(2)} s of the page's thread, ${wall} ms on the wall`);
  assert.ok(seconds < 2, seconds + " s");
  await page.fill("#find", "");
  assert.ok(pictures.length < 200, pictures.length + " pictures were loaded for what is not seen");
  const sorting = Date.now();
  await page.click("#scans th:nth-child(6) button");
  const numbers = (await page.locator("#scans tbody tr td:nth-child(6)").allTextContents()).map((text) => parseFloat(text.replace("\u2212", "-")));
  console.log(`sorted in ${Date.now() - sorting} ms`);
  assert.equal(numbers.length, 100);
  assert.ok(numbers.every((value, n) => n === 0 || value >= numbers[n - 1]), "sorted by number");
  await page.click("#scans th:nth-child(6) button");
  const largest = parseFloat(await page.textContent("#scans tbody tr td:nth-child(6)"));
  assert.ok(largest > numbers.at(-1));
  for (const kind of ["harmonized", "passed", "failed"]) await page.locator(`label[for=f-${kind}]`).click();
  const verdicts = await page.locator("#scans tbody tr td:nth-child(4)").allTextContents();
  assert.ok(verdicts.length > 50 && verdicts.every((word) => word === "refused"));
  await page.selectOption("#site", { label: "site-3" });
  assert.match(await page.textContent("#shown"), /of 5000$/);
  await page.locator("#strips-title").scrollIntoViewIfNeeded();
  await page.waitForSelector("#strips svg circle");
  assert.ok(await page.locator("#strips figure:first-child circle").count() > 4000);
  assert.equal(await page.locator("#strips figure:first-child a").first().getAttribute("href").then((link) => /^\.\/sub-\d+_ses-1\.html$/.test(link)), true);
  assert.deepEqual(page.complaints, []);
  await picture(page, "many", false);
  await page.context().close();
});

test("thumbnails are seen where they lie beside the index", async () => {
  const page = await open(browser);
  await page.goto(fileUrl("run", "reports", "index.html"));
  await page.waitForFunction(() => document.querySelectorAll("#scans img").length === 4);
  await page.waitForFunction(() => Array.from(document.querySelectorAll("#scans img")).every((image) => image.naturalWidth > 20));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("without scripts the worst scans and all pictures are there", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(fileUrl("many", "reports", "index.html"));
  assert.equal(await page.locator("#scans tbody tr").count(), 100);
  await page.goto(scan());
  await page.click("label[for=view-before]");
  assert.ok(await page.isVisible(".compare img.before"));
  await page.context().close();
});

test("printed, the page has no buttons and its folded parts are open", async () => {
  const page = await open(browser);
  await page.goto(scan());
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.isVisible("#rate"), false);
  assert.equal(await page.locator("details:not([open])").count(), 0);
  await picture(page, "print");
  await page.context().close();
});
