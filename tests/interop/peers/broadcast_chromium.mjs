// A page in a headless Chromium follows a broadcast: `broadcast_chromium.mjs URL PATH..`.

import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";

const [, , url, ...paths] = process.argv;
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(url.replace(/^ws/, "http"));
  await page.addScriptTag({ path: fileURLToPath(new URL("broadcast.js", import.meta.url)) });
  const lines = await page.evaluate(([url, paths]) =>
    followAll(paths, path => new WebSocket(`${url}/${path}`)), [url, paths]);
  lines.forEach(line => console.log(JSON.stringify(line)));
} finally {
  await browser.close();
}
