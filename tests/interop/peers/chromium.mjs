// A headless Chromium, in a page from the server under test.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import "./play.js";

const CASES = interop.parseCases(readFileSync(new URL("../cases.json", import.meta.url)));
const [, url, ...names] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(`${url.replace(/^ws/, "http")}/page`);
  await page.addScriptTag({ path: fileURLToPath(new URL("play.js", import.meta.url)) });
  for (const name of names) {
    const seen = await page.evaluate(
      ([url, name, steps]) => interop.playWeb(url, name, steps), [`${url}/${name}`, name, CASES[name]]);
    console.log(JSON.stringify(seen));
  }
} finally {
  await browser.close();
}
