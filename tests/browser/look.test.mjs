// How the page looks, to the eye, to a keyboard, and to a screen reader.
//
// The page comes from the server, but what it is told comes from here, so that it looks the same each time. A
// screenshot may differ from the one in `looks` by the tolerances below, for other fonts and versions of Chromium.
// `LOOKS=write` takes them anew, and `docs/chat.png` as well.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { CHAT_URL, another, browser, connected, enter, heard, it, join, open, saved, shows } from "./support.mjs";

const SHRINK = 4; // Pixels are compared after so many in each direction have become one,
const MOST_OFF = 16; // may be so far off, of 255 in each of three colours,
const MOST_DIFFERENT = 0.005; // and so many of them further.

const LOOKS = new URL("looks/", import.meta.url);
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NOON = Date.UTC(2026, 4, 12, 12, 0);
const SIZES = { phone: { width: 390, height: 844 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1280, height: 800 } };

const settings = (size, colorScheme) =>
  ({ viewport: SIZES[size], colorScheme, locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce" });

/** A picture: evening at the sandbar. */
async function paint() {
  const tab = await browser.newPage();
  const address = await tab.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 270 });
    const paper = canvas.getContext("2d");
    const fill = (colours, top, bottom) => {
      const gradient = paper.createLinearGradient(0, top, 0, bottom);
      colours.forEach((colour, index) => gradient.addColorStop(index / (colours.length - 1), colour));
      paper.fillStyle = gradient;
    };
    fill(["#23395d", "#b5647a", "#f3b173"], 0, 150);
    paper.fillRect(0, 0, 480, 150);
    paper.fillStyle = "#ffe0ac";
    paper.beginPath();
    paper.arc(330, 140, 34, 0, 7);
    paper.fill();
    fill(["#c98a78", "#3d5577", "#1b2c47"], 150, 270);
    paper.fillRect(0, 150, 480, 120);
    paper.fillStyle = "#e3c18d";
    paper.beginPath();
    paper.moveTo(-10, 236);
    paper.bezierCurveTo(120, 188, 240, 214, 330, 204);
    paper.bezierCurveTo(390, 198, 430, 206, 500, 200);
    paper.bezierCurveTo(380, 236, 200, 236, -10, 262);
    paper.fill();
    paper.strokeStyle = "#22304a";
    paper.lineWidth = 3;
    for (const [x, y] of [[96, 60], [128, 48], [150, 72]]) {
      paper.beginPath();
      paper.moveTo(x - 12, y);
      paper.quadraticCurveTo(x - 5, y - 9, x, y);
      paper.quadraticCurveTo(x + 5, y - 9, x + 12, y);
      paper.stroke();
    }
    return canvas.toDataURL("image/png");
  });
  await tab.close();
  return Buffer.from(address.split(",")[1], "base64");
}

let picture;

/** Plays the server. */
async function play(socket) {
  picture ??= await paint();
  const minutes = count => NOON - count * 60_000;
  let number = 0;
  const event = (verb, time, ...fields) => socket.send([verb, ++number, minutes(time), ...fields].join("\t"));
  socket.onMessage(message => {
    const [verb, file] = String(message).split("\t");
    if (verb === "get") socket.send(Buffer.concat([Buffer.from([0, 0, 0, Number(file)]), picture]));
    if (verb === "hood") wire.forEach(report => socket.send(report));
  });
  socket.send("welcome\tepoch\t1");
  event("joined", 24, "Mara Lindqvist", "0");
  event("said", 23, "Mara Lindqvist", "a1\nThe tide is out. You can walk all the way to the lighthouse.");
  event("joined", 21, "Jonas", "0");
  event("said", 20, "Jonas", "b1\nOn my way!");
  event("said", 20, "Jonas", "b2\nShall I bring the long lens?");
  event("joined", 19, "Ada", "0");
  event("said", 17, "Ada", "c1\nYes please. The light will be good until nine.");
  event("file", 9, "Mara Lindqvist", "a2", picture.length, "image/png\nsandbar.png");
  event("said", 8, "Ada", "c2\nWhat a view! I am leaving now.");
  event("file", 4, "Jonas", "b3", 1_874_332, "application/pdf\ntide-table-may.pdf");
  event("left", 2, "Theo", "1001", "clean", "closing handshake\n");
  socket.send("ready");
  socket.send("here\nMara Lindqvist\nJonas\nAda");
  socket.send("typing\tJonas\t1");
}

// What a server with compression reported of a talk like this.
const frame = (direction, opcode, flags, size, header) => `\n${direction}\t${opcode}\t${flags} \t${size}\t${header}`;
const wire = [700, 900, 640, 1200, 820, 760, 980, 700, 690].map((trip, index) =>
  `wire\t${40 + index}\t3186\t5920\t${61 + index}\t72214\t81377\t${trip}\t812${index < 8 ? "" :
    frame("out", "text", "FIN RSV1", 97, "c1 5f") + frame("in", "pong", "FIN MASK", 14, "8a 88 1f 9c 40 d2") +
    frame("out", "ping", "FIN", 10, "89 08") + frame("in", "binary", "FIN RSV1 MASK", 18_310, "c2 fe 47 7e 8d 02 b1 39") +
    frame("out", "text", "FIN RSV1", 51, "c1 31") + frame("in", "text", "FIN RSV1 MASK", 58, "c1 b4 5c a0 11 e7") +
    frame("out", "binary", "FIN", 65_550, "82 7f 00 00 00 00 00 01 00 04")}`);

/** Opens the page in a state to be looked at. */
async function stage(window) {
  const tab = await open(window);
  await tab.clock.setFixedTime(NOON);
  await tab.routeWebSocket(/\/chat\?/, play);
  await tab.goto(CHAT_URL);
  // The port is another one each time.
  await tab.evaluate(() => {
    for (const link of document.querySelectorAll(".link")) link.value = "http://192.168.1.20:8080/";
    for (const hint of document.querySelectorAll(".reach")) hint.textContent = "Whoever has this link can enter from any device in your network.";
    document.activeElement.blur();
  });
  return tab;
}

async function stageRoom(window) {
  const tab = await stage(window);
  await enter(tab, "Ada");
  await connected(tab);
  await tab.locator("img.picture").waitFor();
  await tab.waitForFunction(() => document.querySelector("img.picture").naturalWidth === 480);
  await tab.evaluate(() => {
    $("extensions").textContent = "permessage-deflate";
    document.activeElement.blur();
  });
  return tab;
}

async function openHood(tab) {
  await tab.click("#hood-button");
  await shows(tab, "#round-trip", "0.7 ms");
  await tab.evaluate(() => document.activeElement.blur());
}

/** Gives the share of pixels that differ. */
async function compare(before, after) {
  const tab = await browser.newPage();
  try {
    return await tab.evaluate(async ([pictures, shrink, most]) => {
      const [first, second] = await Promise.all(pictures.map(async bytes => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${bytes}`)).blob());
        const canvas = new OffscreenCanvas(Math.floor(image.width / shrink), Math.floor(image.height / shrink));
        const paper = canvas.getContext("2d");
        paper.imageSmoothingQuality = "high";
        paper.drawImage(image, 0, 0, canvas.width, canvas.height);
        return { size: `${image.width} × ${image.height}`, data: paper.getImageData(0, 0, canvas.width, canvas.height).data };
      }));
      if (first.size !== second.size) return 1;
      let different = 0;
      for (let at = 0; at < first.data.length; at += 4) {
        different += [0, 1, 2].some(colour => Math.abs(first.data[at + colour] - second.data[at + colour]) > most);
      }
      return different / (first.data.length / 4);
    }, [[before, after].map(bytes => bytes.toString("base64")), SHRINK, MOST_OFF]);
  } finally {
    await tab.close();
  }
}

async function looks(tab, name) {
  await tab.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const file = new URL(`${name}.png`, LOOKS);
  const taken = await tab.screenshot({ animations: "disabled", caret: "hide" });
  if (process.env.LOOKS === "write") {
    await mkdir(LOOKS, { recursive: true });
    await writeFile(file, taken);
    return taken;
  }
  const different = await compare(await readFile(file), taken);
  assert.ok(different <= MOST_DIFFERENT, `${(different * 100).toFixed(2)} % of ${name} differ`);
  return taken;
}

/** Nothing sticks out to the side, and the field to write stands within the window. */
async function isWithin(tab) {
  const [width, inner, bottom, height] = await tab.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth, document.getElementById("say").getBoundingClientRect().bottom, innerHeight]);
  assert.ok(width <= inner, `${width} > ${inner}`);
  assert.ok(bottom <= height, `${bottom} > ${height}`);
}

for (const size of Object.keys(SIZES)) {
  it(`the room looks as it should: ${size}`, async window => {
    const tab = await stageRoom(window);
    await isWithin(tab);
    await looks(tab, `room-${size}`);
  }, settings(size, "light"));
}

it("the room looks as it should, in the dark, with what is under the hood", async window => {
  const tab = await stageRoom(window);
  await openHood(tab);
  await isWithin(tab);
  await looks(tab, "hood-dark");
}, settings("desktop", "dark"));

it("the first screen looks as it should: phone", async window => {
  await looks(await stage(window), "door-phone");
}, settings("phone", "light"));

it("the picture of the README is of this page", async window => {
  const tab = await stageRoom(window);
  await openHood(tab);
  const taken = await looks(tab, "../../../docs/chat");
  assert.ok(taken.length < 150_000, `${taken.length} bytes`);
}, settings("desktop", "light"));

it("a change that can be seen is found by the comparison", async window => {
  const tab = await stageRoom(window);
  const before = await tab.screenshot({ animations: "disabled" });
  assert.equal(await compare(before, await tab.screenshot({ animations: "disabled" })), 0);
  for (const change of ["#say { display: none }", ".people { display: none !important }", ".bubble { border: 0; background: none !important }", "body { font-size: 18px !important }"]) {
    await tab.evaluate(change => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(change);
      document.adoptedStyleSheets = [sheet];
    }, change);
    const different = await compare(before, await tab.screenshot({ animations: "disabled" }));
    assert.ok(different > MOST_DIFFERENT, `${change}: ${(different * 100).toFixed(2)} %`);
  }
}, settings("desktop", "light"));

/** Finds no fault by the rules of axe, best practices among them. */
async function isAccessible(tab, where) {
  await tab.evaluate(AXE);
  const { violations, passes } = await tab.evaluate(() => axe.run(document));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(node => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(found, [], where);
  assert.ok(passes.length > 15, `${passes.length} rules had something to look at`);
}

for (const scheme of ["light", "dark"]) {
  for (const size of ["phone", "desktop"]) {
    it(`axe finds no violation: ${scheme}, ${size}`, async window => {
      const door = await stage(window);
      await isAccessible(door, "first screen");
      await door.evaluate(() => showDoor("You have left.", FINAL[4009]));
      await isAccessible(door, "first screen with an error");
      const tab = await stageRoom(window);
      await isAccessible(tab, "room");
      await tab.evaluate(() => {
        receive("sending\tJonas\tx\t40\t100\nlong film.mp4");
        getFile(10);
        notice(Date.now(), "“film” is too large.").classList.add("bad");
        $("newer").hidden = false;
        come("The connection was cut.", 9000);
      });
      await tab.fill("#text", "not sent yet");
      await tab.evaluate(() => (isReady = false));
      await tab.press("#text", "Enter");
      await tab.locator(".waiting").waitFor();
      await isAccessible(tab, "room, cut off, with a message that waits and files on their way");
      await tab.evaluate(() => (isReady = true));
      await openHood(tab);
      await isAccessible(tab, "under the hood");
      await tab.click("#hood-close");
      for (const dialog of ["invite", "leave"]) {
        await tab.click(`#${dialog}-button`);
        await isAccessible(tab, dialog);
        await tab.keyboard.press("Escape");
      }
      const empty = await join(await another(window, settings(size, scheme)), "Nobody");
      await empty.locator("#empty").waitFor();
      await isAccessible(empty, "an empty room");
    }, settings(size, scheme));
  }
}

it("everything works by keyboard alone", async window => {
  const bea = await join(window, "Bea");
  const ada = await open(await another(window, settings("desktop", "light")));
  const press = async (...keys) => {
    for (const key of keys) await ada.keyboard.press(key);
  };
  /** Goes on with Tab until the focus is there, and makes sure that this can be seen. */
  const reach = async selector => {
    for (let steps = 0; steps < 30; steps++) {
      const found = await ada.evaluate(selector => {
        const { activeElement } = document;
        if (!activeElement.matches(selector)) return undefined;
        const shown = activeElement.closest(".button, #say") ?? activeElement;
        const style = getComputedStyle(shown);
        return style.outlineStyle !== "none" || shown.id === "say";
      }, selector);
      if (found !== undefined) return assert.ok(found, `${selector} shows that it has the focus`);
      await press("Tab");
    }
    assert.fail(`${selector} is not reached`);
  };
  await ada.keyboard.type("Ada");
  await press("Enter");
  await connected(ada);
  await ada.keyboard.type("one");
  await press("Shift+Enter");
  await ada.keyboard.type("two");
  await press("Enter");
  assert.equal(await heard(bea, "Ada"), "one\ntwo");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "text");
  // A file
  await press("Shift+Tab");
  await reach("#file");
  const chosen = new Promise(resolve => ada.once("filechooser", resolve));
  await ada.evaluate(() => {}); // The browser has been told to pass the dialog to us.
  await press("Enter");
  await (await chosen).setFiles({ name: "keys.txt", mimeType: "text/plain", buffer: Buffer.from("keys") });
  assert.equal((await saved(bea, "Ada")).name, "keys.txt");
  await bea.setInputFiles("#file", { name: "back.txt", mimeType: "text/plain", buffer: Buffer.from("back") });
  await reach(".file button");
  await press("Enter");
  await shows(ada, ".file a.save", "Save back.txt");
  assert.equal(await ada.evaluate(() => document.activeElement.textContent), "Save back.txt", "the focus stays where it was");
  // The panel, and back
  await reach("#hood-button");
  await press("Enter");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "hood-close");
  await reach("#frames");
  await press("Escape");
  assert.equal(await ada.locator("#hood").isHidden(), true);
  assert.equal(await ada.evaluate(() => document.activeElement.id), "hood-button");
  // The invitation
  await press("Shift+Tab");
  await reach("#invite-button");
  await press("Enter");
  await reach("#invite .copier");
  await press("Escape");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "invite-button");
  // The messages can be scrolled, and skipped.
  await reach("#log");
  await ada.reload();
  await connected(ada);
  await ada.evaluate(() => document.activeElement.blur());
  await reach(".skip");
  await press("Enter");
  await ada.waitForFunction(() => document.activeElement.id === "text");
  // Leaving, but not at once
  await press("Shift+Tab");
  await reach("#leave-button");
  await press("Enter");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "reason");
  await press("Escape");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "leave-button");
  await press("Enter");
  await ada.keyboard.type("bye");
  await press("Enter");
  await shows(bea, ".notice", "Ada left: “bye”");
  assert.equal(await ada.evaluate(() => document.activeElement.id), "name");
  assert.deepEqual(ada.errors, []);
});

it("a screen reader hears what is new, and not what is drawn", async window => {
  const ada = await join(window, "Ada");
  const bea = await join(await another(window), "Bea");
  await bea.fill("#text", "hello Ada");
  await bea.press("#text", "Enter");
  await heard(ada, "Bea");
  const log = ada.getByRole("log", { name: "Messages" });
  assert.equal(await log.getAttribute("aria-busy"), "false");
  const snapshot = await log.ariaSnapshot();
  assert.match(snapshot, /article:\s+- text: Bea hello Ada\s+- time: \d\d:\d\d/);
  assert.doesNotMatch(snapshot, /text: B Bea/, "the drawn face is not read");
  await ada.getByRole("navigation", { name: "Here now: 2" }).waitFor();
  for (const name of ["Invite", "Under the hood", "Leave", "Send"]) {
    await ada.getByRole("button", { name, exact: true }).waitFor();
  }
  await ada.getByRole("textbox", { name: "Message", exact: true }).waitFor();
});
