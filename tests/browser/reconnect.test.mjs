// The server ends, or the network does, and the pages come back by themselves.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { MIB, another, connected, digest, freePort, heard, it, join, saved, say, send, sendLarge, serve, shows, showsTexts, texts } from "./support.mjs";

/** Gives the body a server that can be ended and started again on the same port. With `keep`, it keeps messages. */
const served = (keep, body) => async window => {
  const folder = keep ? await mkdtemp(joinPath(tmpdir(), "chat-")) : undefined;
  const port = await freePort();
  const start = () => serve(port, ...(folder ? ["--keep", folder] : []));
  const host = { server: await start(), async restart() {
    await host.server.kill();
    host.server = await start();
  } };
  host.url = host.server.url;
  try {
    await body(window, host, start);
  } finally {
    await host.server.kill();
    if (folder) await rm(folder, { recursive: true });
  }
};

/** Does not wait for the next try. */
const comeBack = async tab => {
  await tab.evaluate(() => comeNow());
  await connected(tab);
};

it("nothing is missed or doubled when the server is killed and started again", served(true, async (window, host, start) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  for (const n of [1, 2, 3]) await say(ada, `before ${n}`);
  assert.equal(await heard(bea, "Ada", 3), "before 3");
  await host.server.kill();
  for (const tab of [ada, bea]) await shows(tab, "#banner", "The connection was cut. What you write waits here.");
  await shows(ada, "#status", "not connected");
  for (const n of [1, 2]) await say(ada, `meanwhile ${n}`);
  await say(bea, "from me, too");
  assert.equal(await ada.locator(".waiting").count(), 2);
  host.server = await start();
  await connected(ada);
  await connected(bea);
  assert.equal(await ada.locator("#banner").isHidden(), true);
  await heard(ada, "Bea");
  await heard(ada, "Ada", 5);
  await bea.waitForFunction(() => document.querySelectorAll(".said").length === 6);
  const order = await texts(ada);
  assert.deepEqual(order, await texts(bea), "both see the same order");
  assert.deepEqual([...order].sort(), ["before 1", "before 2", "before 3", "from me, too", "meanwhile 1", "meanwhile 2"]);
  assert.deepEqual(order.filter(text => text.startsWith("meanwhile")), ["meanwhile 1", "meanwhile 2"]);
  assert.equal(await ada.locator(".waiting").count(), 0);
  // Who comes only now sees all of it.
  const cem = await join(await another(window), "Cem", host.url);
  await showsTexts(cem, order);
  assert.deepEqual(ada.errors.concat(bea.errors), []);
}));

it("messages on their way when the server is killed arrive once, whichever they are", served(true, async (window, host) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  const all = [];
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < 25; n++) {
      all.push(`${round}.${n}`);
      await say(ada, all.at(-1));
    }
    // Some of these have arrived, some not.
    await host.restart();
    await comeBack(ada);
    await comeBack(bea);
  }
  for (const tab of [ada, bea]) await showsTexts(tab, all);
}));

it("a server that keeps nothing says so, and nothing is doubled", served(false, async (window, host, start) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  await say(ada, "old");
  await heard(bea, "Ada");
  await send(ada, "file", Buffer.from("gone"));
  await bea.locator(".file button").waitFor();
  await host.server.kill();
  await say(ada, "new");
  host.server = await start();
  await comeBack(ada);
  await comeBack(bea);
  await shows(bea, ".notice", "The server was started anew, without the earlier messages.");
  for (const tab of [ada, bea]) await showsTexts(tab, ["old", "new"]);
  await shows(bea, ".file .size", "no longer kept by the server");
}));

it("a page that was offline gets what it missed, once and in order", served(false, async (window, host) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  await say(bea, "0");
  await heard(ada, "Bea");
  await window.setOffline(true);
  await shows(ada, "#banner", "You are offline.");
  await shows(bea, ".notice", "Ada");
  for (const n of [1, 2, 3]) await say(bea, String(n));
  await send(bea, "missed.txt", Buffer.from("missed"));
  await say(ada, "4");
  await window.setOffline(false);
  await connected(ada);
  await showsTexts(ada, ["0", "1", "2", "3", "4"]);
  await showsTexts(bea, ["0", "1", "2", "3", "4"]);
  assert.deepEqual(await saved(ada, "Bea"), { ...digest(Buffer.from("missed")), name: "missed.txt" });
}));

it("a page that was away for longer than the server remembers is told how much it missed", served(false, async (window, host) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  await say(bea, "first");
  await heard(ada, "Bea");
  await window.setOffline(true);
  await shows(ada, "#banner", "You are offline.");
  await bea.evaluate(() => {
    for (let n = 1; n <= 1200; n++) socket.send(`say\tflood-${n}\n${n}`);
  });
  await heard(bea, "Bea", 1201);
  await window.setOffline(false);
  await connected(ada);
  await shows(ada, ".notice", /no longer has \d+ of the messages that you missed/);
  const shown = (await texts(ada)).slice(1).map(Number);
  assert.equal(shown.at(-1), 1200);
  assert.ok(shown.length >= 990 && shown.length <= 1000, String(shown.length));
  assert.deepEqual(shown, Array.from({ length: shown.length }, (_, n) => n + 1201 - shown.length));
}));

it("a file goes on where the connection cut it off", served(false, async (window, host) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  const file = randomBytes(40 * MIB);
  await sendLarge(ada, "large", file);
  await ada.waitForFunction(() => uploads[0]?.got > 2_000_000);
  // Another connection of the same page: the server ends the old one.
  const [offset, cut] = await ada.evaluate(() => new Promise(resolve => {
    const upload = uploads[0];
    const cut = upload.got;
    connect();
    const timer = setInterval(() => {
      if (!isReady || !upload.isStarted) return;
      clearInterval(timer);
      resolve([upload.got, cut]);
    }, 1);
  }));
  assert.ok(offset > 0 && offset >= cut, `${offset} of ${cut}`);
  assert.deepEqual(await saved(bea, "Ada"), { ...digest(file), name: "large" });
}));

it("a file on its way when the server is killed arrives byte for byte, up and down", served(true, async (window, host) => {
  const ada = await join(window, "Ada", host.url);
  const bea = await join(await another(window), "Bea", host.url);
  const file = randomBytes(40 * MIB);
  await sendLarge(ada, "large", file);
  await ada.waitForFunction(() => uploads[0]?.got > 2_000_000);
  await host.restart();
  await comeBack(ada);
  await comeBack(bea);
  await bea.locator(".file button").click();
  await bea.waitForFunction(() => [...downloads.values()][0]?.have > 1_000_000);
  await host.restart();
  await comeBack(ada);
  await comeBack(bea);
  assert.deepEqual(await saved(bea, "Ada"), { ...digest(file), name: "large" });
  assert.equal(await bea.locator(".file").count(), 1);
}));

it("tries are further apart each time, and the account of the close stands under the hood", served(true, async (window, host, start) => {
  const ada = await join(window, "Ada", host.url);
  await ada.click("#hood-button");
  await shows(ada, "#last-close", "none yet");
  await ada.evaluate(() => {
    globalThis.tries = [];
    const original = connect;
    connect = () => (tries.push(performance.now()), original());
  });
  await host.server.kill();
  await shows(ada, "#last-close", "code 1006 (no close frame, the connection was cut), not clean");
  await ada.waitForFunction(() => tries.length >= 4, undefined, { timeout: 60_000 });
  const tries = await ada.evaluate(() => tries);
  const gaps = tries.slice(1).map((time, index) => time - tries[index]);
  assert.ok(gaps[1] > gaps[0] && gaps[2] > gaps[1], gaps.join(" "));
  host.server = await start();
  await ada.click("#retry");
  await connected(ada);
  await shows(ada, "#connections", "2, of which 1 came back by themselves");
  await shows(ada, "#frames li", "ping");
}));
