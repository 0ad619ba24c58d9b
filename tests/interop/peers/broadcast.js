// What follows a broadcast in JavaScript, in a browser and in Node.

{
  /** Sends back each so many messages. */
  const ECHO = 16;

  /** The kind, the length and the payload of a message, as they are hashed. */
  function entry(data) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    const entry = new Uint8Array(5 + bytes.length);
    entry[0] = typeof data === "string" ? 0 : 1;
    new DataView(entry.buffer).setUint32(1, bytes.length, true);
    entry.set(bytes, 5);
    return entry;
  }

  /** Follows a broadcast, and gives how many messages and bytes came, and their hash. */
  async function follow(path, socket) {
    const entries = [];
    socket.send("begin");
    socket.onmessage = ({ data }) => {
      if (data === "\0end") return socket.close(1000);
      if (entries.length % ECHO === 0) socket.send(data);
      entries.push(entry(data));
    };
    const code = await new Promise(resolve => {
      socket.onclose = event => resolve(event.code);
    });
    const whole = new Uint8Array(await new Blob(entries).arrayBuffer());
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).slice(0, 8)];
    const hex = hash.map(byte => byte.toString(16).padStart(2, "0")).join("");
    return { path, code, received: [entries.length, whole.length - 5 * entries.length, hex] };
  }

  /** Opens a connection for each path, and follows the broadcast on all of them. */
  async function followAll(paths, open) {
    const sockets = paths.map(open);
    await Promise.all(sockets.map(socket => new Promise((resolve, reject) => {
      socket.binaryType = "arraybuffer";
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`${socket.url} does not open`));
    })));
    return Promise.all(paths.map((path, at) => follow(path, sockets[at])));
  }

  globalThis.followAll = followAll;
}
