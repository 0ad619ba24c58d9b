// An echo server that uses Node's `ws`: `node --expose-gc ws.mjs none|reset|kept`.

import { WebSocketServer } from "ws";

const [context] = process.argv.slice(2);
const isReset = context === "reset";
const perMessageDeflate = context === "none" ? false : {
  serverNoContextTakeover: isReset,
  clientNoContextTakeover: isReset,
  threshold: 64,
  zlibDeflateOptions: { level: 6, memLevel: 8 },
};
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
server.on("listening", () => console.log(server.address().port));
server.on("connection", socket => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("error", console.error);
});
// Garbage does not count as memory of a connection.
process.on("SIGUSR2", () => gc());
