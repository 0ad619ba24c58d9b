// Node's `ws`.

import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { WebSocket, WebSocketServer } from "ws";
import "./play.js";

globalThis.crypto ??= webcrypto;
const CASES = JSON.parse(readFileSync(new URL("../cases.json", import.meta.url)));
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

const negotiated = socket => ({ protocol: socket.protocol || null, agreed: socket.extensions });

async function client(url, name) {
  const { offer = [], client: steps } = CASES[name];
  const seen = await watched(name, async seen => {
    const socket = new WebSocket(url, offer);
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
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (_, request) => CASES[caseOf(request)].select ?? false,
    verifyClient: ({ req }, decide) => {
      const { answer } = CASES[caseOf(req)];
      if (answer === undefined) return decide(true);
      decide(false, answer.status, answer.body, { ...answer.headers });
    },
  });
  server.on("listening", () => console.log(JSON.stringify({ port: server.address().port })));
  server.on("connection", async (socket, request) => {
    const name = caseOf(request);
    const end = endOf(socket);
    socket.on("error", console.error);
    const seen = await watched(name, seen => play(end, CASES[name].server, Object.assign(seen, negotiated(socket))));
    console.log(JSON.stringify(seen));
  });
}

const [role, url, ...names] = process.argv.slice(2);
if (role === "server") {
  serve();
} else {
  for (const name of names) await client(`${url}/${name}`, name);
  process.exit(); // whatever a case that failed has left open
}
