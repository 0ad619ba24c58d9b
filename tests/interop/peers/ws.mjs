// Node's `ws`.

import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { CASES, caseOf, deflateOf, endOf, main, negotiated, printPort } from "./ws_end.mjs";

const { play, watched } = interop;

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

function serve() {
  const server = createServer();
  server.on("upgrade", (request, stream, head) => {
    const name = caseOf(request.url);
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
  server.listen(0, "127.0.0.1", () => printPort(server));
}

await main(client, serve);
