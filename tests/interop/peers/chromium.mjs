// A headless Chromium, in a page from the server under test.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import "./play.js";

const CASES = interop.parseCases(readFileSync(new URL("../cases.json", import.meta.url)));
const [, url, ...names] = process.argv.slice(2);

const browser = await launch();
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
