// A real Chromium uses the chat. See `run`, which starts the server.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { CHAT_DEFLATE, CHAT_URL, MIB, another, connected, digest, enter, freePort, heard, it, join, open, saved, say, send, sendLarge, serve, shows, showsTexts } from "./support.mjs";

const LARGEST = MIB; // what the server takes as one message

/** What the browser logs of an opening handshake that the server answered with this status. No script
    is told. */
const refusedWith = status => new RegExp(`Unexpected response code: ${status}`);

it("the first screen has a name, a sentence, and an invitation", async window => {
  const tab = await window.newPage();
  const response = await tab.goto(CHAT_URL);
  assert.equal(response.status(), 200);
  assert.match(response.headers()["content-type"], /^text\/html/);
  assert.equal(await tab.title(), "Sandbar");
  await shows(tab, "#door h1", "Sandbar");
  await shows(tab, ".lead", "shows each WebSocket frame");
  assert.equal(await tab.inputValue("#door .link"), CHAT_URL);
  assert.equal(await tab.evaluate(() => document.activeElement.id), "name");
});

it("an invitation leads to the same room, and to no other", async window => {
  const ada = await window.newPage();
  await ada.goto(CHAT_URL);
  await ada.click("#fresh");
  const link = await ada.inputValue("#door .link");
  assert.match(link, /\?room=private-[a-z0-9]{12}$/);
  await enter(ada, "Ada");
  await connected(ada);
  await ada.click("#invite-button");
  assert.equal(await ada.inputValue("#invite .link"), link);
  await ada.keyboard.press("Escape");
  const bea = await (await another(window)).newPage();
  await bea.goto(link);
  await enter(bea, "Bea");
  await say(bea, "found you");
  assert.equal(await heard(ada, "Bea"), "found you");
  const lobby = await join(await another(window), "Lotte");
  await shows(lobby, "#people-heading", "Here now: 1");
  await lobby.locator("#empty").waitFor();
});

it("with --lan, the invitation is for other devices", async window => {
  const port = await freePort();
  const server = await serve(port, "--listen", `0.0.0.0:${port}`, "--lan");
  try {
    const tab = await open(window, `http://127.0.0.1:${port}/`);
    const link = await tab.inputValue("#door .link");
    const addresses = Object.values(networkInterfaces()).flat().filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
    if (addresses.length === 0) return assert.equal(new URL(link).hostname, "127.0.0.1", "this machine is in no network");
    assert.ok(addresses.includes(new URL(link).hostname), `${link} is one of ${addresses}`);
    await shows(tab, "#door .reach", "from any device in your network");
    await enter(tab, "Here");
    await connected(tab);
    const there = await (await another(window)).newPage();
    await there.goto(link);
    assert.equal(await there.inputValue("#door .link"), link);
    await enter(there, "There");
    await connected(there);
    await say(there, "from another device");
    assert.equal(await heard(tab, "There"), "from another device");
  } finally {
    await server.kill();
  }
});

it("who reads earlier messages stays there, and is told of new ones", async window => {
  const ada = await join(window, "Ada");
  const bea = await join(await another(window), "Bea");
  for (let n = 0; n < 40; n++) await say(bea, `line ${n}`);
  await heard(ada, "Bea", 40);
  const distance = () => ada.evaluate(() => new Promise(resolve => setTimeout(() => {
    const log = document.getElementById("log");
    resolve([log.scrollTop, log.scrollHeight - log.scrollTop - log.clientHeight]);
  }, 200)));
  assert.ok((await distance())[1] < 2, "the newest is seen");
  // Changes of size are not the reader's.
  await ada.click("#hood-button");
  assert.ok((await distance())[1] < 2);
  await ada.setViewportSize({ width: 700, height: 500 });
  assert.ok((await distance())[1] < 2);
  await ada.click("#hood-close");
  await ada.hover("#log");
  await ada.mouse.wheel(0, -600);
  const [before] = await distance();
  await say(bea, "new");
  await heard(ada, "Bea", 41);
  const [after] = await distance();
  assert.equal(after, before);
  await ada.click("#newer");
  assert.ok((await distance())[1] < 2);
  assert.equal(await ada.locator("#newer").isHidden(), true);
});

it("the link is copied", async window => {
  await window.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await open(window);
  await tab.click("#door .copier");
  await shows(tab, "#door .copier", "Copied");
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), tab.address);
});

it("two people see who is here and who is typing", async window => {
  const bea = await join(window, "Bea");
  const zoë = await join(await another(window), "Zoë & Co");
  for (const tab of [bea, zoë]) {
    await shows(tab, "#people li", "Bea");
    await shows(tab, "#people li", "Zoë & Co");
    await shows(tab, "#people-heading", "Here now: 2");
  }
  assert.equal(await bea.evaluate(() => socket.protocol), "chat");
  await zoë.locator("#text").pressSequentially("hm");
  await shows(bea, "#typing", "Zoë & Co is typing…");
  await shows(bea, "#people .writing", "typing…");
  await zoë.locator("#text").press("Enter");
  assert.equal(await heard(bea, "Zoë & Co"), "hm");
  await bea.locator("#typing", { hasText: "typing" }).waitFor({ state: "detached" });
  assert.equal(await bea.locator("#people .writing").count(), 0);
  await zoë.locator("#text").pressSequentially("hm");
  await shows(bea, "#typing", "is typing…");
  await zoë.locator("#text").fill("");
  await bea.waitForFunction(() => document.getElementById("typing").textContent === "");
});

it("messages are compressed as the server says", async window => {
  const nora = await join(window, "Nora");
  const ned = await join(await another(window), "Ned");
  const agreed = {
    off: "",
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
  for (const count of [1, 2, 3]) assert.deepEqual(await saved(nora, "Ned", count), { ...digest(file), name: "again" });
});

it("a text appears for all as it was written, with the time", async window => {
  const cleo = await join(window, "Cleo");
  const carl = await join(await another(window), "Carl");
  const texts = ["hello", "κόσμε, 𝄞 and 👩‍👩‍👧", "two\nlines\n", "\ttabs\tand spaces  "];
  for (const text of texts) await say(cleo, text);
  await say(cleo, "  \n "); // is not sent
  await say(cleo, "last");
  for (const tab of [cleo, carl]) {
    await showsTexts(tab, [...texts, "last"]);
    const time = await tab.locator(".message time").first().getAttribute("datetime");
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60_000, time);
    assert.equal(await tab.locator(".waiting").count(), 0);
  }
  assert.equal(await cleo.locator(".message.mine").count(), 5);
  assert.equal(await carl.locator(".message.mine").count(), 0);
});

it("an address in a text is a link that gives away nothing", async window => {
  const tab = await join(window, "Lin");
  await say(tab, "see https://example.com/a?b=c#d or javascript:alert(1), http://");
  await heard(tab, "Lin");
  const links = await tab.locator(".text a").evaluateAll(all => all.map(({ href, rel, target }) => ({ href, rel, target })));
  assert.deepEqual(links, [{ href: "https://example.com/a?b=c#d", rel: "noopener noreferrer nofollow", target: "_blank" }]);
});

it("a file goes across byte for byte", async window => {
  const dora = await join(window, "Dora");
  const dan = await join(await another(window), "Dan");
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await send(dora, "every byte.bin", every);
  assert.deepEqual(await saved(dan, "Dora"), { ...digest(every), name: "every byte.bin" });
  await send(dora, "nothing", Buffer.alloc(0));
  assert.deepEqual(await saved(dan, "Dora", 2), { ...digest(Buffer.alloc(0)), name: "nothing" });
  assert.deepEqual(await saved(dora, "Dora", 2), { ...digest(Buffer.alloc(0)), name: "nothing" });
});

it("files that are dropped are sent, and a drop of something else is left to the browser", async window => {
  const ida = await join(window, "Ida");
  const ivo = await join(await another(window), "Ivo");
  const drop = (kind, types) => ida.evaluate(([kind, types]) => {
    const data = new DataTransfer();
    if (types === "files") for (const name of ["one.txt", "two.txt"]) data.items.add(new File([name], name, { type: "text/plain" }));
    else data.setData("text/plain", "words");
    return !document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [kind, types]);
  assert.equal(await drop("dragover", "words"), false);
  assert.equal(await ida.locator("#drop").isHidden(), true);
  assert.equal(await drop("dragover", "files"), true);
  await shows(ida, "#drop", "Drop to share");
  assert.equal(await drop("dragleave", "files"), true);
  assert.equal(await ida.locator("#drop").isHidden(), true);
  assert.equal(await drop("drop", "files"), true);
  assert.deepEqual(await saved(ivo, "Ida", 1), { ...digest(Buffer.from("one.txt")), name: "one.txt" });
  assert.deepEqual(await saved(ivo, "Ida", 2), { ...digest(Buffer.from("two.txt")), name: "two.txt" });
});

it("a picture is shown to all", async window => {
  const pia = await join(window, "Pia");
  const per = await join(await another(window), "Per");
  const dot = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await send(pia, "dot.png", dot, "image/png");
  for (const tab of [pia, per]) {
    const picture = tab.locator("img.picture");
    await picture.waitFor();
    assert.equal(await picture.getAttribute("alt"), "Picture from Pia: dot.png");
    await tab.waitForFunction(() => document.querySelector("img.picture").naturalWidth === 1);
  }
});

it("a large file is streamed, with progress for all, while people talk", async window => {
  const fay = await join(window, "Fay");
  const finn = await join(await another(window), "Finn");
  const file = randomBytes(24 * MIB);
  for (const tab of [fay, finn]) {
    await tab.evaluate(() => {
      globalThis.progress = [];
      new MutationObserver(() => {
        for (const bar of document.querySelectorAll("progress")) progress.push(bar.value);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
  }
  await sendLarge(fay, "large", file);
  await shows(finn, "#transfers li", "Fay sends large, 24.0 MiB");
  await say(finn, "is it large?");
  await say(fay, "yes");
  await heard(finn, "Fay");
  assert.equal(await finn.locator(".file").count(), 0, "the words came before the file");
  assert.deepEqual(await saved(finn, "Fay"), { ...digest(file), name: "large" });
  for (const tab of [fay, finn]) {
    assert.equal(await tab.locator("#transfers li").count(), 0);
    const seen = await tab.evaluate(() => new Set(progress.filter(value => value > 0 && value < 1)).size);
    assert.ok(seen > 3, `${seen} steps`);
  }
});

it("a file on its way can be cancelled, and the next one goes on", async window => {
  const gil = await join(window, "Gil");
  const gus = await join(await another(window), "Gus");
  await sendLarge(gil, "first", randomBytes(40 * MIB));
  await send(gil, "second", Buffer.from("2"));
  await shows(gus, "#transfers li", "Gil sends first");
  await gil.locator("#transfers li", { hasText: "first" }).locator("button").click();
  assert.deepEqual(await saved(gus, "Gil"), { ...digest(Buffer.from("2")), name: "second" });
  assert.equal(await gus.locator("#transfers li").count(), 0);
  assert.equal(await gus.locator(".file").count(), 1);
});

it("a file that is too large is not sent, and its owner is told", async window => {
  const tab = await join(window, "Lou");
  await tab.evaluate(() => share([new File([new Uint8Array(64 * 1024 * 1024 + 1)], "huge")]));
  await shows(tab, ".notice", "“huge” is too large");
  // The server does not rely on the page.
  await tab.evaluate(() => socket.send(`upload\tkey\t${64 * 1024 * 1024 + 1}\t\nhuge`));
  await tab.evaluate(() => {
    const receive = socket.onmessage;
    globalThis.refused = new Promise(resolve => socket.onmessage = event => event.data.startsWith?.("refused\tkey") ? resolve(event.data) : receive(event));
    socket.send(`upload\tkey\t${64 * 1024 * 1024 + 1}\t\nhuge`);
  });
  assert.match(await tab.evaluate(() => refused), /at most 64 MiB/);
});

it("under the hood there are round trips, bytes and frames", async window => {
  const gwen = await join(window, "Gwen");
  const gary = await join(await another(window), "Gary");
  await gwen.click("#hood-button");
  assert.equal(await gwen.getAttribute("#hood-button", "aria-expanded"), "true");
  await shows(gwen, "#round-trip", /^\d+\.\d ms$/);
  await shows(gwen, "#average", /^\d+\.\d ms on average$/);
  for (const opcode of ["text", "ping", "pong"]) await shows(gwen, "#frames li", opcode);
  await say(gary, "the same words again and again ".repeat(40));
  await shows(gwen, "#frames li", CHAT_DEFLATE === "off" ? /↓received textFIN1\.\d KiB81 7e/ : /↓received textFIN RSV1\d+ Bc1/);
  const [sent, received] = await gwen.locator("#bytes tr").evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  assert.equal(sent[0], "Sent");
  assert.equal(received[0], "Received");
  const saving = Number(received[4].replace(" %", "").replace("−", "-"));
  if (CHAT_DEFLATE === "off") assert.equal(saving, 0, "without compression the wire has what is plain");
  else assert.ok(saving > 50, received.join(" "));
  await shows(gwen, "#extensions", CHAT_DEFLATE === "off" ? "not agreed on" : "permessage-deflate");
  await gwen.click("#hood-close");
  assert.equal(await gwen.locator("#hood").isHidden(), true);
});

it("the hood counts each byte that passes", async window => {
  const tab = await join(window, "Count");
  await tab.click("#hood-button");
  await shows(tab, "#bytes tr", /Sent\d/);
  const file = randomBytes(300_000);
  await send(tab, "counted", file, "image/webp"); // is not compressed
  await tab.locator(".file a.save").waitFor();
  await tab.waitForFunction(() => document.querySelector("#bytes tr").cells[2].textContent.endsWith("KiB"));
  const [, , wire, plain] = await tab.locator("#bytes tr").first().evaluate(row => [...row.cells].map(cell => parseFloat(cell.textContent)));
  // 293.0 KiB of the file, five headers, and some small messages
  assert.ok(plain > 293 && plain < 296, String(plain));
  if (CHAT_DEFLATE === "off") assert.equal(wire, plain);
});

it("who leaves with a reason leaves cleanly, and all are told how", async window => {
  const hana = await join(window, "Hana");
  const hugo = await join(await another(window), "Hugo");
  await hana.click("#leave-button");
  await hana.fill("#reason", "x".repeat(124));
  await hana.click("#leave button.first");
  await shows(hana, "#reason-error", "room for 123 bytes");
  await hana.fill("#reason", "tea, then früh ins Bett");
  await hana.click("#leave button.first");
  await shows(hana, "#told", "You have left. The connection closed: code 4001 (left by the button), clean.");
  const notice = await shows(hugo, ".notice", "Hana left: “tea, then früh ins Bett” · code 4001 (left by the button), clean");
  assert.match(await notice.locator(".detail").getAttribute("title"), /^closing handshake, started by the peer/);
  await hugo.locator("#people li", { hasText: "Hana" }).waitFor({ state: "detached" });
  // And comes back by the same form.
  await hana.click("#join button");
  await connected(hana);
  await shows(hana, ".notice", "You left: “tea, then früh ins Bett”");
});

it("who closes a tab is gone for the others", async window => {
  const ida = await join(window, "Ida");
  const ivo = await join(await another(window), "Ivo");
  await ida.close();
  await shows(ivo, ".notice", "Ida closed the page · code 1001 (going away), clean");
});

it("a page that is loaded again stays in the room, with all that was said", async window => {
  const rita = await join(window, "Rita");
  const rob = await join(await another(window), "Rob");
  await say(rita, "before");
  await heard(rob, "Rita");
  await rita.reload();
  await connected(rita);
  await say(rob, "after");
  await showsTexts(rita, ["before", "after"]);
});

it("a message of 1 MiB goes across, one byte more closes with 1009, and the others go on", async window => {
  const kim = await join(window, "Kim");
  const eve = await join(await another(window), "Eve");
  const size = await eve.evaluate(largest => {
    const text = `say\tlargest\n${"naïve 𝄞 ".repeat(largest / 12 - 2)}`; // 12 bytes each
    const whole = text + ".".repeat(largest - new TextEncoder().encode(text).length);
    socket.send(whole);
    return new TextEncoder().encode(whole).length;
  }, LARGEST);
  assert.equal(size, LARGEST);
  const text = await heard(kim, "Eve");
  assert.match(text, /^naïve 𝄞 .*… Save all of it$/);
  assert.ok(text.length < 11_000);
  const link = kim.locator(".text a.save");
  assert.equal(await link.getAttribute("download"), "message.txt");
  await eve.evaluate(size => socket.send("x".repeat(size + 1)), LARGEST);
  await shows(eve, "#join-error", "The last message was too large for the server.");
  await shows(kim, ".notice", "Eve left · code 1009 (message too big), not clean");
  await say(kim, "still here");
  assert.equal(await heard(kim, "Kim"), "still here");
});

it("who sends far more than is taken is told so too, though much of it is still on its way", async window => {
  const leo = await join(window, "Leo");
  await leo.evaluate(size => socket.send(new Uint8Array(size)), 32 * LARGEST);
  await shows(leo, "#join-error", "The last message was too large for the server.");
});

it("a second user of the same name is told so, until the first has left", async window => {
  const first = await join(window, "Max");
  const witness = await join(await another(window), "Mia");
  const second = await open(await another(window));
  await enter(second, "max");
  await shows(second, "#join-error", "Someone here has this name.");
  assert.equal(await second.getAttribute("#name", "aria-invalid"), "true");
  await first.click("#leave-button");
  await first.click("#leave button.first");
  await shows(first, "#told", "You have left.");
  // The server learns it a moment later.
  await shows(witness, ".notice", "Max left");
  await enter(second, "max");
  await connected(second);
});

it("a page that is open twice goes on in the newer one", async window => {
  const witness = await join(window, "Wim");
  const first = await join(await another(window), "Twin");
  const key = await first.evaluate(() => sessionStorage.getItem("key"));
  const second = await open(await another(window));
  await second.evaluate(key => sessionStorage.setItem("key", key), key);
  await second.reload();
  await enter(second, "Twin");
  await connected(second);
  await shows(first, "#join-error", "This chat goes on in another tab.");
  await say(second, "still one of me");
  await heard(witness, "Twin");
  assert.equal(await witness.locator(".notice", { hasText: "Twin left" }).count(), 0);
  await shows(witness, "#people-heading", "Here now: 2");
});

/** Tries to connect from a page by its own script, and gives whether that succeeded. */
const connects = (frame, name) => frame.evaluate(url => new Promise(resolve => {
  const socket = new WebSocket(url, "chat");
  socket.onopen = () => resolve(true);
  socket.onclose = () => resolve(false);
}), `${CHAT_URL.replace("http", "ws")}chat?room=lobby&key=k&name=${name}`);

it("a page from another origin is refused", async window => {
  assert.equal(await connects(await open(window), "Insider"), true, "the page's own origin");
  // Without the page's own policy, which does not let it connect elsewhere in the first place.
  const tab = await open(await another(window, { bypassCSP: true }), CHAT_URL.replace("127.0.0.1", "localhost"));
  assert.equal(await connects(tab, "Outsider"), false);
  assert.match(tab.logged.join("\n"), refusedWith(403));
});

it("a page without an origin is refused", async window => {
  const tab = await open(await another(window, { bypassCSP: true }));
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

it("what is not there is not found", async window => {
  const tab = await open(window);
  for (const path of ["nothing", "chat", "../Cargo.toml", "page.html"]) {
    const response = await window.request.get(CHAT_URL + path);
    assert.equal(response.status(), 404, path);
  }
  assert.deepEqual(tab.errors, []);
});
