// What the two peers over Node's `ws` have in common.

import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import "./play.js";

globalThis.crypto ??= webcrypto;
export const CASES = interop.parseCases(readFileSync(new URL("../cases.json", import.meta.url)));

/** Gathers what comes on a socket from now on. */
export function endOf(socket) {
  const end = {
    messages: new interop.Queue(),
    pongs: new interop.Queue(),
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
export function deflateOf({ deflate = {} }, end) {
  const asked = deflate.by === end ? deflate : {};
  const options = { threshold: 0 };
  for (const name of ["client", "server"]) {
    const [bits, isTakenOver] = asked[name] ?? [15, true];
    if (bits < 15) options[`${name}MaxWindowBits`] = bits;
    if (!isTakenOver) options[`${name}NoContextTakeover`] = true;
  }
  return options;
}

export const negotiated = socket => ({ protocol: socket.protocol || null, agreed: socket.extensions });

/** The case that a path names. */
export const caseOf = path => path.split("/").at(-1);

/** Plays the role that the command line asks for. */
export async function main(client, serve) {
  const [role, ...rest] = process.argv.slice(2);
  if (role === "server") return serve(...rest);
  const [url, ...names] = rest;
  for (const name of names) await client(`${url}/${name}`, name);
  process.exit(); // whatever a case that failed has left open
}

/** Prints where the server listens. */
export const printPort = server => console.log(JSON.stringify({ port: server.address().port }));
