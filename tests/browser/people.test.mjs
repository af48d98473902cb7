// Every kind of page for every kind of reader: valid, accessible, readable at a phone's width and in a dark room.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { HtmlValidate } from "html-validate";
import { fileUrl, open, pages, picture, review, test } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const kinds = { harmonized: "sub-01", passed: "sub-02", refused: "sub-03", failed: "sub-04", index: "index" };

const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  // Matters of taste: how tags are written, long titles, digests in lines without blanks.
  rules: { "void-style": "off", "no-trailing-whitespace": "off", "attribute-boolean-style": "off", "attribute-empty-style": "off",
    "long-title": "off", "no-inline-style": "off", "doctype-style": "off", "prefer-native-element": "off", "require-sri": "off" }
});
// Without what pictures hold, which is no markup.
async function mistakes(html) {
  const report = await validator.validateString(html.replace(/(data:image\/png;base64,)[A-Za-z0-9+/=]*/g, "$1AA=="));
  return report.results.flatMap((result) => result.messages).filter((message) => message.severity === 2).map((message) => `${message.ruleId} ${message.line}: ${message.message}`);
}
// Of the page as it stands. The checker's script is put in from outside, which the page's own policy forbids (bypassCSP).
async function barriers(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter((each) => each.impact === "serious" || each.impact === "critical")
    .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 150)).join(" | ")}`);
}

test("served pages are valid and accessible, also while boxes are drawn", async () => {
  const server = await review(path.join(pages, "run"));
  const page = await open({ bypassCSP: true }, server.origin);
  await page.goto(server.link);
  for (const name of Object.values(kinds)) {
    const html = await (await page.goto(server.origin + "/" + name + ".html")).text();
    assert.deepEqual(await mistakes(html), [], name);
    if (name === kinds.passed) continue;  // has no part that others lack
    if (name === kinds.harmonized) {
      await page.keyboard.press("b");
      await page.locator(".compare .axial .tile").nth(1).focus();
      for (const key of ["Enter", "ArrowRight", "Enter"]) await page.keyboard.press(key);
      assert.equal(await page.locator("#box-list li").count(), 1);
      assert.match(await page.locator(".compare .axial .tile").nth(1).getAttribute("aria-label"), /^Draw on the axial picture, /);
    }
    const without = name === kinds.refused || name === kinds.failed;
    if (name !== kinds.index) assert.equal((await page.textContent("#rate")).includes("This scan has no output"), without, name);
    if (name !== kinds.index) assert.equal(await page.isVisible("#boxes"), name !== kinds.failed, "boxes are drawn where there are pictures");
    assert.deepEqual(await barriers(page), [], name);
  }
  await server.stop();
});

for (const [kind, name] of Object.entries({ ...kinds, outcome: "outcome" })) {
  const place = kind === "outcome" ? ["outcome.html"] : ["run", "reports", name + ".html"];
  test(`${kind}: valid, accessible and readable`, async () => {
    assert.deepEqual(await mistakes(readFileSync(path.join(pages, ...place), "utf8")), []);
    const page = await open({ bypassCSP: true });
    await page.goto(fileUrl(...place));
    await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
    // Figures that wait until they are seen are drawn now.
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    const looks = { light: [{ colorScheme: "light" }, { width: 1280, height: 900 }], phone: [{ colorScheme: "dark" }, { width: 390, height: 844 }] };
    for (const [look, [media, size]] of Object.entries(looks)) {
      if (look === "light" && !["harmonized", "index", "outcome"].includes(kind)) continue;
      await page.emulateMedia(media);
      await page.setViewportSize(size);
      assert.deepEqual(await barriers(page), [], look);
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${look}: ${wide} pixels lie beyond the right edge`);
      await picture(page, `${kind}-${look}`);
    }
  });
}
