// Node's `ws`.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { webcrypto } from "node:crypto";
import { WebSocket, WebSocketServer } from "ws";
import "./play.js";

globalThis.crypto ??= webcrypto;
const CASES = interop.parseCases(readFileSync(new URL("../cases.json", import.meta.url)));
const { Queue, play, watched } = interop;

/** Gathers what comes on a socket from now on. */
function endOf(socket) {
  const end = {
    messages: new Queue(),
    pongs: new Queue(),
    send: data => socket.send(data),
    sendPart: (data, fin) => socket.send(data, { fin }),
    ping: payload => socket.ping(payload),
    close: (code, reason) => socket.close(code, reason),
    drop: () => socket.terminate(),
  };
  socket.on("message", (data, isBinary) => end.messages.put(isBinary ? data : data.toString()));
  socket.on("pong", payload => end.pongs.put(payload.toString()));
  end.closed = new Promise(resolve => {
    socket.on("close", (code, reason) => {
      end.messages.put(null);
      resolve([code, reason.toString(), code !== 1006]);
    });
  });
  return end;
}

/** How an end compresses which, in this case, asks for this, or for nothing. */
function deflateOf({ deflate = {} }, end) {
  const asked = deflate.by === end ? deflate : {};
  const options = { threshold: 0 };
  for (const name of ["client", "server"]) {
    const [bits, isTakenOver] = asked[name] ?? [15, true];
    if (bits < 15) options[`${name}MaxWindowBits`] = bits;
    if (!isTakenOver) options[`${name}NoContextTakeover`] = true;
  }
  return options;
}

const negotiated = socket => ({ protocol: socket.protocol || null, agreed: socket.extensions });

async function client(url, name) {
  const { offer = [], client: steps } = CASES[name];
  const seen = await watched(name, async seen => {
    const socket = new WebSocket(url, offer, { perMessageDeflate: deflateOf(CASES[name], "client") });
    const end = endOf(socket);
    const answer = await new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
      socket.on("unexpected-response", (_, response) => resolve(response));
    });
    if (answer !== undefined) {
      const body = (await answer.toArray()).join("");
      seen.answer = { status: answer.statusCode, headers: answer.headers, body };
      return;
    }
    Object.assign(seen, negotiated(socket));
    await play(end, steps, seen);
  });
  console.log(JSON.stringify(seen));
}

const caseOf = request => request.url.split("/").at(-1);

function serve() {
  const server = createServer();
  server.on("upgrade", (request, stream, head) => {
    const name = caseOf(request);
    const { answer, select, server: steps } = CASES[name];
    const opening = new WebSocketServer({
      noServer: true,
      perMessageDeflate: deflateOf(CASES[name], "server"),
      handleProtocols: () => select ?? false,
      verifyClient: (_, decide) => {
        if (answer === undefined) return decide(true);
        decide(false, answer.status, answer.body, { ...answer.headers });
      },
    });
    opening.handleUpgrade(request, stream, head, async socket => {
      const end = endOf(socket);
      socket.on("error", console.error);
      const seen = await watched(name, seen => play(end, steps, Object.assign(seen, negotiated(socket))));
      console.log(JSON.stringify(seen));
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
}

const [role, url, ...names] = process.argv.slice(2);
if (role === "server") {
  serve();
} else {
  for (const name of names) await client(`${url}/${name}`, name);
  process.exit(); // whatever a case that failed has left open
}
