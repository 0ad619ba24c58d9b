// A real Chromium talks to the `chat` example. See `run`, which starts the server.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const { CHAT_URL, CHAT_DEFLATE = "none", CHROMIUM } = process.env;
const MIB = 1 << 20;
const LARGEST = 8 * MIB; // what the example takes as one message
const PATIENCE = 20_000; // milliseconds for the page to show what it should

let browser;

// Playwright makes a new folder for the user's data each time, and removes it.
before(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(() => browser?.close());

/** A test with a browser window of its own, closed at its end. Nobody's name occurs in two tests: the
    server may not know yet that a window was closed. */
function it(sentence, body) {
  test(sentence, { timeout: 120_000 }, async () => {
    const window = await browser.newContext();
    window.setDefaultTimeout(PATIENCE);
    try {
      await body(window);
    } finally {
      await window.close();
    }
  });
}

/** A tab that shows the chat, with what it has logged. */
async function open(window, url = CHAT_URL) {
  const tab = await window.newPage();
  tab.logged = [];
  tab.on("console", message => tab.logged.push(message.text()));
  await tab.goto(url);
  return tab;
}

async function enter(tab, name) {
  await tab.fill("#name", name);
  await tab.click("#join button");
}

/** Opens a tab and joins, keeping the CloseEvent of the connection in `closeEvent`. */
async function join(window, name) {
  const tab = await open(window);
  await enter(tab, name);
  await shows(tab, "#status", `Connected as ${name}`);
  // `socket` is the page's own.
  await tab.evaluate(() => {
    window.closeEvent = new Promise(resolve => {
      socket.addEventListener("close", ({ code, reason, wasClean }) => resolve({ code, reason, wasClean }));
    });
  });
  return tab;
}

/** Waits until an element with exactly this text can be seen, and gives it. */
async function shows(tab, selector, text) {
  const found = tab.locator(selector).filter({ hasText: text }).last();
  await found.waitFor();
  return found;
}

const closeEvent = tab => tab.evaluate(() => window.closeEvent);

/** Sends a text as the button does, but does not have megabytes laid out in the field, which takes minutes. */
const say = (tab, text) => tab.evaluate(text => {
  textField.value = text;
  sayForm.dispatchEvent(new SubmitEvent("submit"));
}, text);

const send = (tab, name, buffer) =>
  tab.setInputFiles("#file", { name, mimeType: "application/octet-stream", buffer });

/** The messages from someone, in order. */
const messagesFrom = (tab, name) => tab.locator("#messages li", { has: tab.locator(".who", { hasText: name }) });

/** The text of the message number `count` from someone. */
async function heard(tab, name, count = 1) {
  const message = messagesFrom(tab, name).nth(count - 1);
  await message.waitFor();
  return message.locator("p").evaluate(shown => shown.textContent);
}

/** Length and hash of what the link in message number `count` from someone saves. */
async function saved(tab, name, count = 1) {
  const link = messagesFrom(tab, name).nth(count - 1).locator("a");
  await link.waitFor();
  return link.evaluate(async ({ href }) => {
    const bytes = await (await fetch(href)).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return { length: bytes.byteLength, hash: [...hash].map(byte => byte.toString(16).padStart(2, "0")).join("") };
  });
}

const digest = bytes => ({ length: bytes.length, hash: createHash("sha256").update(bytes).digest("hex") });

/** What the browser logs of an opening handshake that the server answered with this status. No script
    is told. */
const refusedWith = status => new RegExp(`Unexpected response code: ${status}`);

it("the page loads at /", async window => {
  const tab = await window.newPage();
  const response = await tab.goto(CHAT_URL);
  assert.equal(response.status(), 200);
  assert.match(response.headers()["content-type"], /^text\/html/);
  assert.equal(await tab.title(), "sansocket chat");
  await shows(tab, "#status", "Not connected");
});

it("two tabs see each other in the list", async window => {
  const bea = await join(window, "Bea");
  const zoë = await join(window, "Zoë & Co");
  for (const tab of [bea, zoë]) {
    await shows(tab, "#people li", "Bea");
    await shows(tab, "#people li", "Zoë & Co");
  }
  assert.equal(await bea.evaluate(() => socket.protocol), "chat");
});

it("messages are compressed as the server says", async window => {
  const nora = await join(window, "Nora");
  const ned = await join(window, "Ned");
  const agreed = {
    none: "",
    shared: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    dedicated: "permessage-deflate",
  };
  for (const tab of [nora, ned]) assert.equal(await tab.evaluate(() => socket.extensions), agreed[CHAT_DEFLATE]);
  // Some that are like those before them, some like none, large and small in turn.
  const texts = Array.from({ length: 24 }, (_, n) => n % 4 === 3 ? randomBytes(2000).toString("base64") : "κόσμε ".repeat(1 + n * 20));
  for (const text of texts) await say(nora, text);
  const file = Buffer.concat([randomBytes(30_000), Buffer.alloc(70_000)]);
  for (let count = 0; count < 3; count++) await send(ned, "again", file);
  for (const tab of [nora, ned]) {
    for (const [index, text] of texts.entries()) assert.equal(await heard(tab, "Nora", index + 1), text);
  }
  for (const count of [1, 2, 3]) assert.deepEqual(await saved(nora, "Ned", count), digest(file));
});

it("a text appears in both tabs as it was written", async window => {
  const cleo = await join(window, "Cleo");
  const carl = await join(window, "Carl");
  const texts = ["hello", "", "κόσμε, 𝄞 and 👩‍👩‍👧", "two\nlines\n", "<b>bold</b><img src=x onerror=alert(1)> &amp;"];
  for (const text of texts) await say(cleo, text);
  for (const tab of [cleo, carl]) {
    for (const [index, text] of texts.entries()) assert.equal(await heard(tab, "Cleo", index + 1), text);
    assert.equal(await tab.locator("#messages b, #messages img").count(), 0);
  }
});

it("a file goes across byte for byte", async window => {
  const dora = await join(window, "Dora");
  const dan = await join(window, "Dan");
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await send(dora, "every byte", every);
  assert.deepEqual(await saved(dan, "Dora"), digest(every));
  await send(dora, "nothing", Buffer.alloc(0));
  assert.deepEqual(await saved(dan, "Dora", 2), digest(Buffer.alloc(0)));
});

it("a text of 5 MiB goes across", async window => {
  const emmy = await join(window, "Emmy");
  const emil = await join(window, "Emil");
  const text = "naïve 𝄞 ".repeat(5 * MIB / 12 + 1); // 12 bytes each
  await say(emmy, text);
  for (const tab of [emmy, emil]) assert.deepEqual(await saved(tab, "Emmy"), digest(Buffer.from(text)));
});

it("a file of 5 MiB goes across", async window => {
  const fay = await join(window, "Fay");
  const finn = await join(window, "Finn");
  const file = randomBytes(5 * MIB);
  await send(fay, "large", file);
  assert.deepEqual(await saved(finn, "Fay"), digest(file));
});

it("a round-trip time is shown", async window => {
  const gwen = await join(window, "Gwen");
  await gwen.locator("#people .me .round-trip", { hasText: /^\d+(\.\d+)? ms$/ }).waitFor();
});

it("who leaves with a code and a reason leaves cleanly, and the others are told both", async window => {
  const hana = await join(window, "Hana");
  const hugo = await join(window, "Hugo");
  await hana.fill("#reason", "tea, then früh ins Bett");
  await hana.click("#leave button");
  // The answer to a close frame carries its code, but not its reason: that went to whom it was for.
  assert.deepEqual(await closeEvent(hana), { code: 4001, reason: "", wasClean: true });
  await shows(hana, "#status", "Closed: code 4001, no reason, clean");
  await shows(hugo, ".notice", "Hana left: code 4001, reason “tea, then früh ins Bett”, clean");
  await hugo.locator("#people li", { hasText: "Hana" }).waitFor({ state: "detached" });
});

it("who closes a tab is gone for the others", async window => {
  const ida = await join(window, "Ida");
  const ivo = await join(window, "Ivo");
  await ida.close();
  await shows(ivo, ".notice", "Ida left: code 1001");
});

it("a message of 8 MiB goes across, one byte more closes with 1009, and the others go on", async window => {
  const jill = await join(window, "Jill");
  const kim = await join(window, "Kim");
  const eve = await join(window, "Eve");
  const file = randomBytes(LARGEST + 1);
  await send(eve, "just right", file.subarray(1));
  assert.deepEqual(await saved(kim, "Eve"), digest(file.subarray(1)));
  await send(eve, "too large", file);
  assert.equal((await closeEvent(eve)).code, 1009);
  await shows(eve, "#status", "Closed: code 1009");
  await shows(kim, ".notice", "Eve left: code 1009");
  await say(jill, "still here?");
  assert.equal(await heard(kim, "Jill"), "still here?");
  await say(kim, "yes");
  assert.equal(await heard(jill, "Kim"), "yes");
});

it("who sends far more than is taken is told so too, though much of it is still on its way", async window => {
  const leo = await join(window, "Leo");
  await leo.evaluate(size => socket.send(new Uint8Array(size)), 4 * LARGEST);
  assert.equal((await closeEvent(leo)).code, 1009);
});

it("a second user of the same name is refused, until the first has left", async window => {
  const witness = await join(window, "Mia");
  const first = await join(window, "Max");
  const second = await open(window);
  await enter(second, "Max");
  await shows(second, "#status", "Could not connect");
  assert.match(second.logged.join("\n"), refusedWith(409));
  await first.click("#leave button");
  await shows(witness, ".notice", "Max left");
  await enter(second, "Max");
  await shows(second, "#status", "Connected as Max");
});

/** Tries to connect from a page by its own script, and gives whether that succeeded. */
const connects = (frame, name) => frame.evaluate(url => new Promise(resolve => {
  const socket = new WebSocket(url, "chat");
  socket.onopen = () => resolve(true);
  socket.onclose = () => resolve(false);
}), `${CHAT_URL.replace("http", "ws")}chat?name=${name}`);

it("a page from another origin is refused", async window => {
  assert.equal(await connects(await open(window), "Insider"), true, "the page's own origin");
  const tab = await open(window, CHAT_URL.replace("127.0.0.1", "localhost"));
  assert.equal(await connects(tab, "Outsider"), false);
  assert.match(tab.logged.join("\n"), refusedWith(403));
});

it("a page without an origin is refused", async window => {
  const tab = await open(window);
  // In a sandbox the browser says `Origin: null`.
  await tab.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = "in a sandbox";
    document.body.append(frame);
  });
  const frame = await (await tab.waitForSelector("iframe")).contentFrame();
  assert.equal(await frame.evaluate(() => origin), "null");
  assert.equal(await connects(frame, "Nobody"), false);
  assert.match(tab.logged.join("\n"), refusedWith(403));
});
