// What the tests of the chat share: a browser, pages that join, servers of one's own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { resolve as resolvePath } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

export const { CHAT, CHAT_URL, CHAT_DEFLATE = "off", CHROMIUM } = process.env;
export const MIB = 1 << 20;
const PATIENCE = 30_000; // milliseconds for the page to show what it should

export let browser;

// Playwright makes a new folder for the user's data each time, and removes it.
before(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--font-render-hinting=none",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(() => browser?.close());

let rooms = 0;

/** A test with a browser window of its own, closed at its end, and a room of its own. */
export function it(sentence, body, options = {}) {
  test(sentence, { timeout: 180_000 }, async () => {
    const window = await browser.newContext(options);
    window.setDefaultTimeout(PATIENCE);
    window.room = `test-${process.pid}-${rooms++}`;
    window.others = [];
    window.folders = [];
    try {
      await body(window);
    } finally {
      await Promise.all([window, ...window.others].map(window => window.close()));
      await Promise.all(window.folders.map(folder => rm(folder, { recursive: true })));
    }
  });
}

/** Another window, such as of another user, that the test closes at its end. */
export async function another(window, options = {}) {
  const other = await browser.newContext(options);
  other.setDefaultTimeout(PATIENCE);
  other.room = window.room;
  other.folders = window.folders;
  window.others.push(other);
  return other;
}

/** A tab that shows the first screen of the window's room. It keeps what the page logs, and the errors of its
    script, of which there must be none. */
export async function open(window, url = CHAT_URL) {
  const tab = await window.newPage();
  tab.logged = [];
  tab.errors = [];
  tab.dialogs = [];
  tab.on("console", message => tab.logged.push(message.text()));
  tab.on("pageerror", error => tab.errors.push(error.message));
  tab.on("dialog", dialog => {
    tab.dialogs.push(dialog.message());
    dialog.dismiss();
  });
  tab.address = `${url}?room=${window.room}`;
  await tab.goto(tab.address);
  return tab;
}

export async function enter(tab, name) {
  await tab.fill("#name", name);
  await tab.click("#join button");
}

/** Opens a tab and joins. */
export async function join(window, name, url = CHAT_URL) {
  const tab = await open(window, url);
  await enter(tab, name);
  await connected(tab);
  return tab;
}

export const connected = tab => shows(tab, "#status", "· connected");

/** Waits until an element with this text can be seen, and gives it. */
export async function shows(tab, selector, text) {
  const found = tab.locator(selector).filter({ hasText: text }).last();
  await found.waitFor();
  return found;
}

/** Says a text as a user does, but does not have much laid out in the field, which takes minutes. */
export const say = (tab, text) => tab.evaluate(text => {
  document.getElementById("text").value = text;
  document.getElementById("say").requestSubmit();
}, text);

export const send = (tab, name, buffer, mimeType = "application/octet-stream") =>
  tab.setInputFiles("#file", { name, mimeType, buffer });

const from = name => `.message[data-name=${JSON.stringify(name)}]`;

/** Waits for the text of message number `count` from someone, which the server has confirmed. */
export async function heard(tab, name, count = 1) {
  const message = tab.locator(`${from(name)}.said`).nth(count - 1);
  await message.waitFor();
  return message.locator(".text").evaluate(shown => shown.textContent);
}

/** All texts that are shown, in order, with those that still wait. */
export const texts = tab => tab.locator(".message .text").evaluateAll(all => all.map(shown => shown.textContent));

/** Waits for these texts, in this order and no others. */
export async function showsTexts(tab, wanted) {
  await tab.waitForFunction(count => document.querySelectorAll(".said .text").length >= count, wanted.length);
  assert.deepEqual(await texts(tab), wanted);
}

/** Downloads file number `count` from someone if that needs a click, saves it, and gives its length and hash. */
export async function saved(tab, name, count = 1) {
  const card = tab.locator(`${from(name)} .file`).nth(count - 1);
  await card.locator("a, button").first().waitFor();
  const button = card.locator("button");
  if (await button.count() > 0) await button.click();
  return savedFrom(tab, card.locator("a.save"));
}

export async function savedFrom(tab, link) {
  const [download] = await Promise.all([tab.waitForEvent("download"), link.click()]);
  const file = { ...digest(await readFile(await download.path())), name: download.suggestedFilename() };
  await download.delete();
  return file;
}

export const digest = bytes => ({ length: bytes.length, hash: createHash("sha256").update(bytes).digest("hex") });

/** Sends a file from the disk, as large ones cannot come from here. */
export async function sendLarge(tab, name, bytes) {
  const folder = await mkdtemp(resolvePath(tmpdir(), "chat-"));
  tab.context().folders.push(folder);
  await writeFile(resolvePath(folder, name), bytes);
  await tab.setInputFiles("#file", resolvePath(folder, name));
}

// --- servers

export const freePort = () => new Promise(resolve => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts a server, and waits until it listens. */
export async function serve(port, ...options) {
  const [program, ...words] = CHAT.split(" ");
  const child = spawn(program, [...words, "--listen", `127.0.0.1:${port}`, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  const ended = new Promise(resolve => child.once("close", resolve));
  await new Promise((resolve, reject) => {
    child.stdout.on("data", chunk => (printed += chunk).includes("open http") && resolve());
    ended.then(() => reject(new Error(`the server ended: ${printed}`)));
  });
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}/`,
    printed: () => printed,
    /** Ends it as a crash does: nothing is written any more. */
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
