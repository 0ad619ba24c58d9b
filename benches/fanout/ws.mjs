// Measures what one message to many connections of Node's ws costs each of them: see README.md.

import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';

const MESSAGES = 16;
const TURNS = 10;
const WARM_UP = 4;

/** A stream that takes all bytes and has none. */
class Wire extends Duplex {
  static written = 0;

  _read() {}

  _write(bytes, _encoding, done) {
    Wire.written += bytes.length;
    done();
  }

  _writev(chunks, done) {
    for (const { chunk } of chunks) Wire.written += chunk.length;
    done();
  }

  setTimeout() {}
  setNoDelay() {}
}

/** Opens connections by the public way of a server that has an HTTP server of its own. */
function open(count, options, extension) {
  const server = new WebSocketServer({ noServer: true, ...options });
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(extension && { 'sec-websocket-extensions': extension }),
  };
  return Array.from({ length: count }, () => {
    let socket;
    const request = { method: 'GET', headers, url: '/' };
    server.handleUpgrade(request, new Wire(), Buffer.alloc(0), (opened) => (socket = opened));
    return socket;
  });
}

/** Sends a text to all, and waits until all have written it. */
function broadcast(sockets, text) {
  return new Promise((resolve) => {
    let left = sockets.length;
    // As the documentation of ws has it: one buffer for all.
    const payload = Buffer.from(text);
    const done = () => --left || resolve();
    for (const socket of sockets) socket.send(payload, { binary: false }, done);
  });
}

/** A text as an application sends it: like the one before, but for some numbers. */
function json(round, len) {
  let text = `{"round":${round},"scores":[`;
  let number = 7 + round;
  while (text.length < len - 40) {
    number = (number * 20077) % 65521;
    text += `{"player":${number},"score":${number % 100}},`;
  }
  text += 'null]}';
  return text.padEnd(len);
}

/** Returns the CPU time of all threads, since ws compresses on others. */
function cpuTime() {
  const { user, system } = process.cpuUsage();
  return 1000 * (user + system);
}

async function measure(name, count, members, len, options, extension) {
  const sockets = open(members, options, extension);
  let least = Infinity;
  for (let turn = 0; turn < TURNS; turn++) {
    const texts = Array.from({ length: MESSAGES }, (_, at) => json(turn * MESSAGES + at, len));
    Wire.written = 0;
    const start = cpuTime();
    for (const text of texts) await broadcast(sockets, text);
    const took = cpuTime() - start;
    if (turn >= WARM_UP) least = Math.min(least, took);
  }
  const sends = MESSAGES * members;
  const wire = Math.round(Wire.written / sends);
  const columns = [
    String(count).padStart(7),
    String(len).padStart(6),
    ` ${name.padEnd(36)}`,
    '        -',
    (least / sends).toFixed(1).padStart(9),
    String(wire).padStart(5),
    '         -',
  ];
  console.log(columns.join(' '));
  for (const socket of sockets) socket.terminate();
}

const EXTENSION = 'permessage-deflate';

for (const count of [1000, 10000]) {
  for (const len of [200, 1024]) {
    await measure('ws 8.23, shared buffer', count, count, len, {});
    const kept = { perMessageDeflate: { threshold: 0 } };
    await measure('compressed, kept: ws 8.23', count, count / 10, len, kept, EXTENSION);
  }
}
