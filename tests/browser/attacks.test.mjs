// What a member may try against the others, and against the server.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { readFile } from "node:fs/promises";
import { CHAT_URL, MIB, another, connected, enter, freePort, heard, it, join, open, savedFrom, say, send, sendLarge, serve, shows, showsTexts, texts } from "./support.mjs";

const SCRIPTS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "\"><svg onload=alert(1)>",
  "javascript:alert(1)",
  "{{constructor.constructor('alert(1)')()}}",
  "</textarea><iframe srcdoc='<script>parent.alert(1)</script>'>",
];

/** No script ran, and nothing became an element that should be text. */
async function isUnharmed(tab) {
  assert.deepEqual(tab.dialogs, []);
  assert.deepEqual(tab.errors, []);
  assert.deepEqual(tab.logged.filter(line => line.includes("Content Security Policy")), []);
  const strange = "script:not([nonce]), iframe, object, embed, #chat svg[onload], [onerror], [onclick], a[href^=javascript], img:not(.picture)";
  assert.equal(await tab.locator(strange).count(), 0);
}

it("script in names stays text", async window => {
  const vic = await join(window, "Vic");
  for (const [index, script] of SCRIPTS.entries()) {
    const name = script.slice(0, 31) + index;
    const eve = await join(await another(window), name);
    await shows(vic, "#people li", name);
    await shows(vic, ".notice", `${name} joined`);
    await say(eve, "it is me");
    assert.equal(await heard(vic, name), "it is me");
    await eve.locator("#text").pressSequentially("x");
    await shows(vic, "#typing", `${name} is typing…`);
    await isUnharmed(eve);
  }
  await isUnharmed(vic);
});

it("script in messages, file names and last words stays text", async window => {
  const vic = await join(window, "Vic");
  const eve = await join(await another(window), "Eve");
  for (const script of SCRIPTS) await say(eve, script);
  await showsTexts(vic, SCRIPTS);
  for (const [index, script] of SCRIPTS.entries()) {
    await eve.evaluate(([name, index]) => share([new File(["x"], name, { type: index % 2 ? "text/html" : name })]), [script, index]);
    // The browser changes some characters of a file's name.
    const card = vic.locator(".file").nth(index);
    await card.waitFor();
    assert.equal((await card.locator(".name").textContent()).replaceAll(":", "/"), script.replaceAll(":", "/"));
  }
  await eve.click("#leave-button");
  await eve.fill("#reason", SCRIPTS[0]);
  await eve.click("#leave button.first");
  await shows(vic, ".notice", `Eve left: “${SCRIPTS[0]}”`);
  await isUnharmed(vic);
  await isUnharmed(eve);
});

it("a file that is a page, or a picture with script, cannot run", async window => {
  const vic = await join(window, "Vic");
  const eve = await join(await another(window), "Eve");
  const page = "<!DOCTYPE html><script>alert(1)</script>";
  const files = [["page.html", "text/html"], ["picture.svg", "image/svg+xml"], ["lie.png", "image/png"]];
  for (const [index, [name, type]] of files.entries()) {
    await send(eve, name, Buffer.from(type.includes("svg") ? `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>` : page), type);
    const card = vic.locator(".file").nth(index);
    await card.locator("a, button").first().waitFor();
    if (await card.locator("button").count() > 0) await card.locator("button").click();
    const link = card.locator("a.save");
    await link.waitFor();
    assert.equal((await savedFrom(vic, link)).name, name);
    // Opened by its address, it is a download and not a page of ours.
    const href = await link.getAttribute("href");
    const opened = await vic.evaluate(href => {
      const other = globalThis.open(href);
      return new Promise(resolve => setTimeout(() => resolve(other?.location.href ?? "about:blank"), 500));
    }, href);
    assert.equal(opened, "about:blank");
  }
  assert.equal(await vic.locator("img").count(), 0, "only what begins like a picture is shown as one");
  await isUnharmed(vic);
});

it("the page's policy forbids scripts, styles, frames and connections that are not its own", async window => {
  const tab = await open(window);
  const response = await window.request.get(CHAT_URL);
  const policy = response.headers()["content-security-policy"];
  assert.match(policy, /^default-src 'none'; script-src 'nonce-[0-9a-f]{32}'; /);
  assert.doesNotMatch(policy, /unsafe|\*/);
  const again = await window.request.get(CHAT_URL);
  assert.notEqual(again.headers()["content-security-policy"], policy, "a nonce is used once");
  assert.equal(response.headers()["x-content-type-options"], "nosniff");
  assert.equal(response.headers()["referrer-policy"], "no-referrer");
  const violations = await tab.evaluate(async () => {
    const seen = [];
    document.addEventListener("securitypolicyviolation", event => seen.push(event.effectiveDirective));
    document.body.insertAdjacentHTML("beforeend", "<img src='/x' onerror='alert(1)'><iframe src='/'></iframe><i style='color:red'></i>");
    const script = document.createElement("script");
    script.textContent = "alert(2)";
    document.body.append(script);
    await fetch("http://127.0.0.1:1/").catch(() => {});
    try {
      new WebSocket("ws://127.0.0.1:1/");
    } catch { /* refused by the policy */ }
    await new Promise(resolve => setTimeout(resolve, 500));
    return seen.sort();
  });
  for (const directive of ["connect-src", "frame-src", "img-src", "script-src-elem", "style-src-attr"]) {
    assert.ok(violations.includes(directive), `${directive} in ${violations}`);
  }
  assert.deepEqual(tab.dialogs, []);
});

it("names that cannot be told from others, or not be seen, are not let in", async window => {
  await join(window, "Vic");
  for (const name of ["VIC", "vic", "Vic\u200b", "Vi\u202ec", "\u2066Vic", "Vic\u0000", "\ufeffVic", "x".repeat(65)]) {
    const tab = await open(await another(window));
    await tab.evaluate(() => $("name").removeAttribute("maxlength"));
    await tab.evaluate(name => enter(name), name);
    await tab.locator("#join-error").filter({ hasText: /Someone here has this name|does not answer/ }).waitFor();
    await tab.context().close();
  }
});

it("a member cannot speak for another, or hold back what another says", async window => {
  const vic = await join(window, "Vic");
  const bob = await join(await another(window), "Bob");
  const eve = await join(await another(window), "Eve");
  await eve.evaluate(() => {
    socket.send("say\tsame\nfirst\nsaid\t1\t1\tBob\tx\nforged");
    socket.send("typing\t1\tBob");
  });
  await shows(eve, "#join-error", "did not understand");
  await bob.evaluate(() => socket.send("say\tsame\nsecond"));
  assert.equal(await heard(vic, "Bob"), "second");
  assert.deepEqual(await texts(vic), ["first\nsaid\t1\t1\tBob\tx\nforged", "second"]);
  // The same again is the same message.
  await bob.evaluate(() => {
    socket.send("say\tsame\nsecond");
    socket.send("say\tother\nthird");
  });
  assert.equal(await heard(vic, "Bob", 2), "third");
  await isUnharmed(vic);
});

it("what is no message of the page closes with 1008, and the others go on", async window => {
  const vic = await join(window, "Vic");
  const wrong = ["", "nothing", "say", "say\t", "say\t../x\nhi", "say\ta b\nhi", "typing\t2", "upload\tk\tmany\t\nx", "upload\tk\t-1\t\nx",
    "upload\tk\t99999999999999999999\t\nx", "get\t1", "get\tx\t0", "get\t-1\t0", "stop\tx", "hood\tyes", "said\t1\t1\tVic\tx\nhi", "here\nVic"];
  for (const [index, text] of wrong.entries()) {
    const eve = await join(await another(window), `Eve ${index}`);
    await eve.evaluate(text => socket.send(text), text);
    await shows(eve, "#join-error", "The server did not understand this page.");
    await shows(vic, ".notice", new RegExp(`Eve ${index} left: “not (understood|a number)” · code 1008 \\(policy violation\\), clean`));
    await eve.context().close();
  }
  await say(vic, "unharmed");
  assert.equal(await heard(vic, "Vic"), "unharmed");
});

it("a file that is longer than announced is not taken, and parts of none are passed over", async window => {
  const vic = await join(window, "Vic");
  const eve = await join(await another(window), "Eve");
  await eve.evaluate(() => {
    socket.send(new Uint8Array(100));
    socket.send("upload\tkey\t10\ttext/plain\nten");
    socket.send(new Uint8Array(11));
    socket.send(new Uint8Array(11));
    socket.send("cancel");
    socket.send("get\t4000000000\t0");
    socket.send("get\t1\t18446744073709551615");
    socket.send("stop\t7");
  });
  await say(eve, "still here");
  assert.equal(await heard(vic, "Eve"), "still here");
  assert.equal(await vic.locator(".file").count(), 0);
  await connected(eve);
});

it("a room's name cannot lead out of its folder", async window => {
  for (const room of ["..", "../../etc", "a/b", "a%2Fb", "", "x".repeat(41), "a b"]) {
    const response = await window.request.get(`${CHAT_URL}chat?room=${room}&name=Eve&key=k`);
    assert.equal(response.status(), 404);
    const tab = await open(window);
    const opened = await tab.evaluate(room => new Promise(resolve => {
      const socket = new WebSocket(`ws://${location.host}/chat?name=Eve&key=k&room=${room}`, "chat");
      socket.onopen = () => resolve(true);
      socket.onclose = () => resolve(false);
    }), room);
    assert.equal(opened, false, room);
    await tab.close();
  }
});

/** Joins by hand, and reads nothing. */
function joinDeaf(url, room, name) {
  const { hostname, port, host } = new URL(url);
  const stream = connect(Number(port), hostname);
  stream.on("error", () => {});
  stream.pause();
  stream.write(`GET /chat?room=${room}&name=${name}&key=deaf HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\n` +
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return stream;
}

/** The most memory that a process has had, in MiB. */
const mostMemory = async pid => Number(/VmHWM:\s*(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

it("a member who reads nothing holds up nobody, and costs a bounded amount", async window => {
  const server = await serve(await freePort(), "--deflate", "off");
  try {
    const vic = await join(window, "Vic", server.url);
    const eve = await join(await another(window), "Eve", server.url);
    const deaf = joinDeaf(server.url, window.room, "Deaf");
    await shows(vic, "#people li", "Deaf");
    const text = "x".repeat(200_000);
    for (let count = 1; count <= 150; count++) {
      await say(eve, `${count} ${text}`);
      if (count % 10 === 0) await eve.waitForFunction(() => pending.size === 0);
    }
    assert.match(await heard(vic, "Eve", 150), /^150 x/);
    assert.ok(await mostMemory(server.pid) < 64, `${await mostMemory(server.pid)} MiB`);
    deaf.destroy();
    await shows(vic, ".notice", "Deaf lost the connection · code 1006");
  } finally {
    await server.kill();
  }
});

it("large files cost the server no memory", async window => {
  const server = await serve(await freePort(), "--deflate", "off");
  try {
    const vic = await join(window, "Vic", server.url);
    const eve = await join(await another(window), "Eve", server.url);
    const before = await mostMemory(server.pid);
    await sendLarge(eve, "large", Buffer.alloc(60 * MIB, 1));
    await vic.locator(".file button").click();
    await vic.locator(".file a.save").waitFor();
    const more = await mostMemory(server.pid) - before;
    assert.ok(more < 12, `${more} MiB for a file of 60 MiB`);
  } finally {
    await server.kill();
  }
});
