// The chat over TLS and HTTP/2.

import assert from "node:assert/strict";
import { another, heard, it, join, say, serve, freePort } from "./support.mjs";

const insecure = { ignoreHTTPSErrors: true }; // The certificate is self-signed.

it("a page and its WebSocket share a connection of HTTP/2", async window => {
  const server = await serve(await freePort());
  try {
    const url = server.url.replace("http:", "https:");
    const ann = await join(window, "Ann", url);
    const bob = await join(await another(window, insecure), "Bob", url);
    assert.equal(await ann.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol), "h2");
    await say(ann, "hello over HTTP/2");
    assert.equal(await heard(bob, "Ann"), "hello over HTTP/2");
    await say(bob, "κόσμε");
    assert.equal(await heard(ann, "Bob"), "κόσμε");
    for (const name of ["Ann", "Bob"]) assert.match(server.printed(), new RegExp(`${name} comes by a CONNECT of HTTP/2`));
    assert.deepEqual([...ann.errors, ...bob.errors], []);
  } finally {
    await server.kill();
  }
}, insecure);
