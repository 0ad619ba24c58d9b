// The page of the example `rooms`, served by one process.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { another, freePort, it, shows } from "./support.mjs";

const { ROOMS } = process.env;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts a node, and waits until it listens. */
async function start(port) {
  const child = spawn(ROOMS, ["--name", "alone", "--listen", `127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise(resolve => child.once("close", resolve));
  await new Promise((resolve, reject) => {
    child.stdout.on("data", chunk => String(chunk).includes("open http") && resolve());
    ended.then(() => reject(new Error("the node ended")));
  });
  return {
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Gives the body a node, which it may replace by another one on the same port. */
const served = body => async window => {
  const port = await freePort();
  const host = { url: `http://127.0.0.1:${port}/`, start: async () => host.node = await start(port) };
  await host.start();
  try {
    await body(window, host);
  } finally {
    await host.node.kill();
  }
};

async function join(window, name, url) {
  const tab = await window.newPage();
  tab.errors = [];
  tab.on("pageerror", error => tab.errors.push(error.message));
  await tab.goto(`${url}?room=${window.room}`);
  await tab.fill("#name", name);
  await tab.click("#join button");
  await connected(tab);
  return tab;
}

const connected = tab => shows(tab, "#status", /^connected$/);

async function say(tab, text) {
  await tab.fill("#text", text);
  await tab.press("#text", "Enter");
}

/** Waits for these texts, in this order and no others, all of them confirmed. */
async function hears(tab, wanted) {
  await tab.waitForFunction(count => document.querySelectorAll(".message:not(.waiting)").length >= count, wanted.length);
  assert.deepEqual(await tab.locator(".bubble").evaluateAll(all => all.map(shown => shown.firstChild.textContent)), wanted);
  assert.equal(await tab.locator(".waiting").count(), 0);
}

/** A rule of accessibility that the page breaks is an error. */
async function look(tab) {
  await tab.evaluate(AXE);
  const { violations } = await tab.evaluate(() => axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), []);
}

it("everybody in a room hears the same, and sees who is there and by which node", served(async (window, { url }) => {
  const ada = await window.newPage();
  await ada.goto(url);
  await look(ada);
  await ada.close();
  const [one, two] = [await join(window, "Ada", url), await join(await another(window), "Bob Bee", url)];
  await say(one, "hello");
  await say(two, "<b>hi</b>\tall");
  await say(one, "how are you?");
  const wanted = ["hello", "<b>hi</b>\tall", "how are you?"];
  await hears(one, wanted);
  await hears(two, wanted);
  await shows(one, "#people-heading", "Here now: 2");
  assert.deepEqual(await one.locator("#people bdi").allInnerTexts(), ["Ada", "Bob Bee"]);
  assert.deepEqual(await one.locator("#people small").allInnerTexts(), ["via alone", "via alone"]);
  await shows(one, "#node", "via alone");
  await look(one);
  await two.click("#leave");
  await shows(one, "#people-heading", "Here now: 1");
  assert.deepEqual([...one.errors, ...two.errors], []);
}));

it("a page that was away gets what it missed, once, and says what waited", served(async (window, { url }) => {
  const other = await another(window);
  const [one, two] = [await join(window, "Ada", url), await join(other, "Bob", url)];
  await say(one, "before");
  await hears(two, ["before"]);
  await other.setOffline(true);
  await shows(two, "#why", "What you write waits here.");
  await shows(two, "#countdown", "You are offline.");
  await say(two, "from afar");
  await shows(two, ".waiting", "waiting…");
  await say(one, "meanwhile");
  await hears(one, ["before", "meanwhile"]);
  await other.setOffline(false);
  await connected(two);
  for (const tab of [one, two]) await hears(tab, ["before", "meanwhile", "from afar"]);
  assert.equal(await two.locator("#banner").isHidden(), true);
  assert.deepEqual([...one.errors, ...two.errors], []);
}));

it("pages come back by themselves when the node is killed and started again", served(async (window, host) => {
  const tab = await join(window, "Ada", host.url);
  await say(tab, "one");
  await hears(tab, ["one"]);
  await host.node.kill();
  await shows(tab, "#status", "not connected");
  await say(tab, "two");
  await host.start();
  await connected(tab);
  // A node without Redis has forgotten the first.
  await shows(tab, ".notice", "The room was started anew.");
  await hears(tab, ["two"]);
  assert.deepEqual(tab.errors, []);
}));
