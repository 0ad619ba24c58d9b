// Node's `http2`, with `ws` as the codec of the frames.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createSecureServer, createServer } from "node:http2";
import { PerMessageDeflate, WebSocket, extension } from "ws";
import { CASES, caseOf, deflateOf, endOf, main, negotiated, printPort } from "./ws_end.mjs";

const { play, watched } = interop;
const DEFLATE = PerMessageDeflate.extensionName;
// The same as those of a socket that `ws` opens by itself.
const SETTINGS = { allowSynchronousEvents: true, maxPayload: 100 << 20, skipUTF8Validation: false };

/** A WebSocket over a stream whose opening handshake is done. */
function open(stream, isServer, protocol, deflate) {
  const socket = new WebSocket(null, undefined, { autoPong: true, closeTimeout: 10_000 });
  socket._isServer = isServer;
  socket._protocol = protocol;
  if (deflate) socket._extensions = { [DEFLATE]: deflate };
  stream.setNoDelay = () => {};
  const end = endOf(socket);
  socket.setSocket(stream, Buffer.alloc(0), SETTINGS);
  return [socket, end];
}

const compression = (steps, end) =>
  new PerMessageDeflate({ ...deflateOf(steps, end), isServer: end === "server", maxPayload: SETTINGS.maxPayload });

/** Asks for a stream, and resolves with the head of the response. */
async function ask(connection, headers) {
  await once(connection, "remoteSettings");
  if (!connection.remoteSettings.enableConnectProtocol) throw new Error("the server lacks RFC 8441");
  const stream = connection.request(headers, { endStream: false });
  const [response] = await once(stream, "response");
  return [stream, response];
}

async function playClient(url, { offer, client }, deflate, connection, seen) {
  const { host, pathname, protocol } = new URL(url);
  const [stream, response] = await ask(connection, {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": protocol === "wss:" ? "https" : "http",
    ":authority": host,
    ":path": pathname,
    "sec-websocket-version": "13",
    "sec-websocket-extensions": extension.format({ [DEFLATE]: deflate.offer() }),
    ...(offer && { "sec-websocket-protocol": offer.join(", ") }),
  });
  if (response[":status"] !== 200) {
    seen.answer = { status: response[":status"], headers: { ...response }, body: (await stream.toArray()).join("") };
    return;
  }
  const agreed = response["sec-websocket-extensions"];
  if (agreed) deflate.accept(extension.parse(agreed)[DEFLATE]);
  const [socket, end] = open(stream, false, response["sec-websocket-protocol"] ?? "", agreed && deflate);
  await play(end, client, Object.assign(seen, negotiated(socket)));
}

async function client(url, name) {
  const connection = connect(url.replace(/^ws/, "http"), { ca: readFileSync(process.env.INTEROP_CA) });
  connection.on("error", console.error);
  const steps = CASES[name];
  const seen = await watched(name, seen => playClient(url, steps, compression(steps, "client"), connection, seen));
  connection.destroy();
  console.log(JSON.stringify(seen));
}

function accept(stream, headers, { select }, deflate) {
  const offer = headers["sec-websocket-extensions"];
  const agreed = offer && extension.format({ [DEFLATE]: deflate.accept(extension.parse(offer)[DEFLATE]) });
  stream.respond({
    ":status": 200,
    ...(select && { "sec-websocket-protocol": select }),
    ...(agreed && { "sec-websocket-extensions": agreed }),
  });
  return open(stream, true, select ?? "", agreed && deflate);
}

async function answer(stream, headers) {
  const name = caseOf(headers[":path"]);
  const steps = CASES[name];
  if (headers[":protocol"] !== "websocket") return stream.respond({ ":status": 400 }, { endStream: true });
  if (steps.answer) {
    stream.respond({ ":status": steps.answer.status, ...steps.answer.headers });
    return stream.end(steps.answer.body);
  }
  const [socket, end] = accept(stream, headers, steps, compression(steps, "server"));
  socket.on("error", console.error);
  const seen = await watched(name, seen => play(end, steps.server, Object.assign(seen, negotiated(socket))));
  console.log(JSON.stringify(seen));
}

function serve(tls) {
  const settings = { enableConnectProtocol: true };
  const read = name => readFileSync(process.env[name]);
  const server = tls
    ? createSecureServer({ settings, cert: read("INTEROP_CERTIFICATE"), key: read("INTEROP_KEY") })
    : createServer({ settings });
  server.on("stream", answer);
  server.listen(0, "127.0.0.1", () => printPort(server));
}

await main(client, serve);
