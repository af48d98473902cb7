// Pages that were opened as files: flicker, judge, sort, filter, and nothing that complains.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileUrl, open, pages, picture, test } from "./browser.mjs";

const shown = (page, selector) => page.$eval(selector, (node) => getComputedStyle(node).visibility === "visible");
// Dots of a figure are steps of its paths.
const dots = (page, figure) => page.$$eval(figure + " path.d", (paths) => paths.reduce((sum, path) => sum + path.getAttribute("d").split("M").length - 1, 0));
const scan = () => fileUrl("run", "reports", "sub-01.html");

test("a scan's page flickers by pointer and by key", async () => {
  const page = await open();
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
  await page.focus(".scroll:has(.measures)");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press(" ");
  assert.ok(await page.isChecked("#view-flicker"), "in a table that scrolls, arrows and Space scroll it");
  const letters = await page.$$eval(".compare .axial .tile", (tiles) => tiles.map((tile) => tile.querySelector(".mark.l").textContent + tile.querySelector(".mark.r").textContent));
  assert.ok(letters.length > 3 && letters.every((pair) => pair === "RL"), "sides are marked on every picture");
  assert.deepEqual(page.complaints, []);
});

test("a judgement on a static page is found again and can be downloaded", async () => {
  const page = await open();
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
  const [own] = await Promise.all([page.waitForEvent("download"), page.click("#download-ratings")]);
  assert.match(readFileSync(await own.path(), "utf8"), /^time\trater\t.*\n.*\tAnn\tsub-01\taccept\t/, "the page of one scan downloads too");
  await page.goto(fileUrl("run", "reports", "index.html"));
  assert.equal(await page.textContent("#scans tr:has(a[href='./sub-01.html']) .rated"), "accept");
  assert.match(await page.textContent("#rated-count"), /1 of 5 scans judged/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download-ratings")]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
  assert.equal(lines[0], "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\tboxes");
  assert.equal(lines.length, 5, "every change is a line");
  assert.deepEqual(lines[3].split("\t").slice(1, 6), ["Ann", "sub-01", "accept", "noise", "grainy and more"]);
  assert.match(lines[4], /\taccept\tnoise\t[grainy moed]+\t/, "what was typed when the page was left is kept");
  await page.selectOption("#rated", "unrated");
  assert.equal(await page.locator("#scans tbody tr").count(), 4);
  assert.deepEqual(page.complaints, []);
});

test("nothing that was entered is lost without a word", async () => {
  const page = await open();
  await page.goto(scan());
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  await page.check("input[value=noise]");
  assert.match(await page.textContent("#saved"), /^NOT KEPT: choose accept, reject or unsure/);
  await page.fill("#comment", "seen");
  const here = page.url();
  await page.click(".top a");
  assert.equal(page.url(), here, "it is said before one leaves");
  assert.match(await page.textContent("#saved"), /^NOT KEPT: choose .* Once more leaves without it/);
  let asked = 0;
  page.on("dialog", async (dialog) => { asked += 1; await dialog.accept(); });
  await page.reload();
  assert.equal(asked, 1, "the browser asks before it drops what was entered");
  assert.equal(await page.inputValue("#comment"), "");
  // A comment is kept while one still types it.
  await page.check("input[value=accept]");
  await page.fill("#comment", "without leaving the field");
  await page.waitForFunction(() => document.getElementById("saved").textContent === "Kept: accept.");
  await page.reload();
  assert.equal(await page.inputValue("#comment"), "without leaving the field");
  assert.equal(asked, 1);
  // What was said of another output is shown and fills no field.
  await page.evaluate(() => {
    Object.keys(localStorage).filter((key) => key.startsWith("isoscan ratings")).forEach((key) => {
      localStorage.setItem(key, JSON.stringify(JSON.parse(localStorage.getItem(key)).map((entry) => ({ ...entry, output_sha256: "0".repeat(64) }))));
    });
  });
  await page.reload();
  assert.match(await page.textContent("#judgements"), /Of an earlier output: judge again/);
  assert.equal(await page.locator("input[name=rating]:checked").count(), 0);
  assert.equal(await page.inputValue("#comment"), "");
  assert.deepEqual(page.complaints, []);
});

test("N and P go along the table as it was left, Shift+N to what is not judged", async () => {
  const page = await open();
  await page.goto(fileUrl("run", "reports", "index.html"));
  await page.locator("label[for=f-failed]").click();
  await page.locator("label[for=f-refused]").click();
  await page.click("#scans th:nth-child(2) button");
  await page.click("#scans th:nth-child(2) button");
  const names = await page.locator("#scans tbody .id").allTextContents();
  assert.deepEqual(names, ["sub-05", "sub-02", "sub-01"]);
  const at = (name) => (url) => url.pathname.endsWith("/" + name + ".html");
  await page.click("#scans tbody tr:first-child a");
  await page.waitForURL(at("sub-05"));
  assert.equal(await page.locator("#previous").count(), 0);
  assert.match(await page.textContent(".top"), /1 of the table's 3/);
  await page.keyboard.press("n");
  await page.waitForURL(at("sub-02"));
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  await page.keyboard.press("a");
  await page.keyboard.press("p");
  await page.waitForURL(at("sub-05"));
  await page.keyboard.press("Shift+N");
  await page.waitForURL(at("sub-01"));
  await page.keyboard.press("r");
  await page.keyboard.press("Shift+N");
  await page.waitForURL(at("sub-05"));
  await page.keyboard.press("u");
  await page.keyboard.press("Shift+N");
  await page.waitForFunction(() => document.getElementById("saved").textContent === "No scan of the table is left to judge.");
  // Made again meanwhile: what was said of the output before is no judgement. It is read when the key is pressed.
  await page.evaluate(() => {
    Object.keys(localStorage).filter((key) => key.startsWith("isoscan ratings")).forEach((key) => {
      localStorage.setItem(key, JSON.stringify(JSON.parse(localStorage.getItem(key)).map((entry) => (entry.scan === "sub-02" ? { ...entry, output_sha256: "0".repeat(64) } : entry))));
    });
  });
  await page.keyboard.press("Shift+N");
  await page.waitForURL(at("sub-02"));
  assert.deepEqual(page.complaints, []);
});

test("a dot of a figure is a link to its scan", async () => {
  const page = await open();
  await page.goto(fileUrl("run", "reports", "index.html"));
  await page.locator("#strips").scrollIntoViewIfNeeded();
  await page.waitForSelector("#strips svg path.d", { state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll("#strips svg").length === 2);
  const axes = await page.$$eval("#strips svg", (figures) => figures.map((figure) => Array.from(figure.querySelectorAll("text:not(.lane)"), (text) => text.textContent)));
  assert.ok(axes.every((texts) => texts.length === 5 && new Set(texts).size === 5), "numbers of an axis differ, also where all values are alike: " + axes.join(" | "));
  const svg = page.locator("#strips svg").first();
  await svg.scrollIntoViewIfNeeded();
  const frame = await svg.boundingBox();
  const [x, y] = await svg.evaluate((node) => /^M([\d.]+) ([\d.]+)/.exec(node.querySelector("path.d").getAttribute("d")).slice(1).map(Number).map((v, n) => v / [node.viewBox.baseVal.width, node.viewBox.baseVal.height][n]));
  await page.mouse.move(frame.x + x * frame.width + 1, frame.y + y * frame.height + 1);
  assert.match(await svg.locator(".hot title").textContent(), /^sub-0\d: 0\.710$/);
  const link = await svg.locator(".hot").getAttribute("href");
  await page.mouse.click(frame.x + x * frame.width + 1, frame.y + y * frame.height + 1);
  await page.waitForURL((url) => url.pathname.endsWith(link.slice(1)));
  assert.deepEqual(page.complaints, []);
});

test("the reference is looked at by key and by button, and printed pages do without", async () => {
  const page = await open();
  await page.goto(scan());
  await page.mouse.move(5, 5);
  assert.equal(await shown(page, ".compare img.reference"), false);
  await page.keyboard.press("t");
  assert.equal(await shown(page, ".compare img.reference"), true, "T shows the reference");
  assert.ok(await page.isVisible(".badge .is-reference"));
  await page.hover(".compare .stage");
  assert.equal(await shown(page, ".compare img.reference"), false, "the pointer shows the scan");
  await page.mouse.move(5, 5);
  await page.keyboard.press("t");
  assert.equal(await shown(page, ".compare img.reference"), false);
  await page.click("label[for=view-reference]");
  await page.mouse.move(5, 5);
  assert.equal(await shown(page, ".compare img.reference"), true);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible(".compare img.reference"), false);
  assert.deepEqual(page.complaints, []);
});

test("boxes are drawn by pointer and by keys, kept in voxels, found again and removed", async () => {
  const page = await open();
  await page.goto(scan());
  await page.fill("#rater", "Ann");
  await page.press("#rater", "Tab");
  await page.keyboard.press("r");
  await page.selectOption("#box-kind", "ghosts");
  await page.click("#box-draw");
  const tile = page.locator(".compare .axial .tile").nth(2);
  await tile.scrollIntoViewIfNeeded();
  const frame = await tile.boundingBox();
  const at = (x, y) => [frame.x + x * frame.width, frame.y + y * frame.height];
  await page.mouse.move(...at(0.25, 0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.4, 0.6));
  await page.mouse.move(...at(0.5, 0.75));
  await page.mouse.up();
  assert.match(await page.textContent("#saved"), /^Kept: reject/);
  assert.ok(await page.isChecked("input[name=artefact][value=ghosts]"), "what a box shows is seen");
  const kept = () => page.evaluate(() => boxes.list());
  const [box] = await kept();
  // The fixture's grid: 75 x 95 x 70 voxels of 2 mm; first axis to the right, second to the front, third to the head.
  const numbers = (await tile.getAttribute("data-voxels")).split(" ").map(Number);
  const [width, height] = await tile.locator("img.before").evaluate((image) => [+image.getAttribute("width"), +image.getAttribute("height")]);
  const place = (x, y) => [0, 1, 2].map((a) => Math.round(numbers[a] + numbers[3 + a] * (x * width - 0.5) + numbers[6 + a] * (y * height - 0.5)));
  const ends = [place(0.25, 0.5), place(0.5, 0.75)];
  assert.equal(box.artefact, "ghosts");
  assert.equal(box.plane, "axial");
  [0, 1, 2].forEach((a) => {
    assert.ok(Math.abs(box.low[a] - Math.min(ends[0][a], ends[1][a])) <= 1, `low ${a}: ${box.low} of ${ends}`);
    assert.ok(Math.abs(box.high[a] - Math.max(ends[0][a], ends[1][a])) <= 1, `high ${a}: ${box.high} of ${ends}`);
  });
  assert.equal(box.low[2], box.high[2], "one slice");
  const drawn = await tile.locator(".box").boundingBox();
  assert.ok(Math.abs(drawn.x - at(0.25, 0)[0]) < 6 && Math.abs(drawn.y + drawn.height - at(0, 0.75)[1]) < 6, "the box stands where it was drawn");
  await page.locator(".compare .coronal .tile").first().focus();
  for (const key of ["Enter", "ArrowRight", "Shift+ArrowDown", "Enter"]) await page.keyboard.press(key);
  assert.equal((await kept()).length, 2);
  assert.equal((await kept())[1].plane, "coronal");
  await page.reload();
  assert.equal(await page.locator("#box-list li").count(), 2);
  assert.equal(await page.locator(".compare .tile .box").count(), 2, "each on its own picture");
  await page.goto(fileUrl("run", "reports", "index.html"));
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download-ratings")]);
  const last = readFileSync(await download.path(), "utf8").trim().split("\n").at(-1).split("\t");
  assert.match(last[7], /^ghosts:axial:\d+,\d+,\d+:\d+,\d+,\d+;ghosts:coronal:/);
  await page.goto(scan());
  await page.locator("#box-list button").first().click();
  assert.equal((await kept()).length, 1);
  assert.deepEqual(page.complaints, []);
});

test("5,000 scans: small, soon there, sorted, filtered, searched", async () => {
  const file = path.join(pages, "many/reports/index.html");
  const bytes = statSync(file).size;
  assert.ok(bytes < 5e6, bytes + " bytes");
  const page = await open();
  const pictures = [];
  page.on("request", (request) => { if (request.url().endsWith(".png")) pictures.push(request.url()); });
  // Time of the page's own thread, which does not count what else this machine is busy with.
  const clock = page.protocol;
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
  const timed = async (words, work) => {
    const used = async () => (await clock.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value;
    const before = [await used(), Date.now()];
    const found = await work();
    console.log(`${words}: ${(await used() - before[0]).toFixed(2)} s of the page's thread, ${Date.now() - before[1]} ms on the wall`);
    return found;
  };
  const numbers = async (column) => (await page.locator(`#scans tbody tr td:nth-child(${column})`).allTextContents()).map((text) => parseFloat(text.replace("\u2212", "-")));
  const rising = (list) => list.length === 100 && list.every((value, n) => n === 0 || value >= list[n - 1]);
  await timed("sorted by number", () => page.click("#scans th:nth-child(7) button"));
  const ascending = await numbers(7);
  assert.ok(rising(ascending), "sorted by number");
  await page.click("#scans th:nth-child(7) button");
  assert.ok((await numbers(7))[0] > ascending.at(-1));
  await timed("sorted by name", () => page.click("#scans th:nth-child(2) button"));
  await page.click("#scans th:nth-child(6) button");
  await page.click("#scans th:nth-child(6) button");
  const outside = await numbers(6);
  assert.ok(rising(outside.slice().reverse()) && outside[0] > 1, "most measures outside first: " + outside.slice(0, 3));
  // A measure that the table does not show gets a column, sorted like the others.
  await page.selectOption("#measure", { label: "Measure 17" });
  assert.equal(await page.textContent("#extra button"), "Measure 17");
  await page.click("#extra button");
  assert.ok(rising(await numbers(11)), "sorted by the further measure");
  await page.selectOption("#measure", { label: "Measure 18" });
  assert.ok(rising(await numbers(11)), "and by the next one");
  for (const kind of ["harmonized", "passed", "failed"]) await page.locator(`label[for=f-${kind}]`).click();
  const verdicts = await page.locator("#scans tbody tr td:nth-child(4)").allTextContents();
  assert.ok(verdicts.length > 50 && verdicts.every((word) => word === "refused"));
  await page.selectOption("#site", { label: "site-3" });
  assert.match(await page.textContent("#shown"), /of 5000$/);
  await page.locator("#strips-title").scrollIntoViewIfNeeded();
  await page.waitForSelector("#strips svg path.d", { state: "attached" });
  assert.ok(await dots(page, "#strips figure:first-child") > 4000);
  assert.ok(await page.locator("#strips figure:first-child *").count() < 100, "few nodes for many dots");
  await page.locator("#strips figure:nth-child(10) button").click();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Measure \d+$/, "from a figure to its numbers");
  // Drift, for sites whose map came from elsewhere: t of 29 degrees, a map learnt from 20.
  await page.locator("#drift-title").scrollIntoViewIfNeeded();
  assert.ok(await page.locator("#drift-site option").count() > 5);
  await page.waitForSelector("#drift-figure path.d", { state: "attached" });
  assert.ok(await dots(page, "#drift-figure") > 100);
  const words = await page.textContent("#drift-words");
  assert.match(words, /scans: mean .* SD from the 20 scans that the map was learnt from; \d+ beyond ±2\.10 SD, where \d+\.\d would lie by chance/);
  await page.selectOption("#drift-site", { index: 1 });
  assert.notEqual(await page.textContent("#drift-words"), words);
  assert.deepEqual(page.complaints, []);
  await picture(page, "many", false);
});

test("thumbnails are seen where they lie beside the index", async () => {
  const page = await open();
  await page.goto(fileUrl("run", "reports", "index.html"));
  await page.waitForFunction(() => document.querySelectorAll("#scans img").length === 4);
  await page.waitForFunction(() => Array.from(document.querySelectorAll("#scans img")).every((image) => image.naturalWidth > 20));
  assert.deepEqual(page.complaints, []);
});

test("without scripts the worst scans and all pictures are there", async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(fileUrl("many", "reports", "index.html"));
  assert.equal(await page.locator("#scans tbody tr").count(), 100);
  await page.goto(scan());
  await page.click("label[for=view-before]");
  assert.ok(await page.isVisible(".compare img.before"));
});

test("printed, the page has no buttons and its folded parts are open", async () => {
  const page = await open();
  await page.goto(scan());
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.isVisible("#rate"), false);
  assert.equal(await page.locator("details:not([open])").count(), 0);
  await picture(page, "print");
});
