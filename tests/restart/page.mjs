// The page of `hot_restart` in a headless Chromium, until standard input ends. Prints `open`, and at the end what went
// wrong and what has passed.

import { createRequire } from "node:module";

const require = createRequire(new URL("../browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const [, , url] = process.argv;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", error => console.log(`fault: ${error.message}`));
  await page.goto(url);
  await page.waitForFunction(() => seen.isOpen && seen.ticks > 0);
  console.log("open");
  for await (const _ of process.stdin);
  await page.evaluate(() => clearInterval(saying));
  await page.waitForFunction(() => seen.echoes === seen.sent, null, { timeout: 10_000 }).catch(() => {});
  const seen = await page.evaluate(() => ({ ...seen, extensions: socket.extensions }));
  for (const fault of seen.faults) console.log(`fault: ${fault}`);
  if (seen.echoes !== seen.sent) console.log(`fault: ${seen.sent - seen.echoes} messages did not come back`);
  if (!seen.extensions.includes("permessage-deflate")) console.log("fault: not compressed");
  console.log(`one page, ${seen.processes.length} processes, ${seen.ticks} ticks, ${seen.echoes} echoes`);
} finally {
  await browser.close();
}
