// What the peers in JavaScript have in common: how to play one end of a case. It uses what browsers
// have, since it runs in one, too.

{
  const PATIENCE = 20_000; // milliseconds for a case

  /** A number in a message, so that each place in it is unlike all others. */
  const number = n => `${n.toString(16).padStart(6, "0")}é`;
  const numbers = (first, count) => new Uint8Array(Uint32Array.from({ length: count }, (_, n) => first + n).buffer);

  /** So many bytes which nothing can compress, and which begin like no others. */
  function noise(count) {
    let state = count + 0x9e3779b9;
    return Uint8Array.from({ length: count }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state;
    });
  }

  /** Bytes, so many times. */
  function repeat(bytes, times) {
    const whole = new Uint8Array(bytes.length * times);
    for (let at = 0; at < whole.length; at += bytes.length) whole.set(bytes, at);
    return whole;
  }

  /** A message: its text or bytes, in hexadecimal, or so many numbers, or noise, or something repeated. */
  function message(kind, data) {
    if (data.noise !== undefined) return noise(data.noise);
    if (data.times !== undefined) {
      const once = message(kind, data.repeat);
      return kind === "binary" ? repeat(once, data.times) : once.repeat(data.times);
    }
    if (typeof data === "number") {
      return kind === "binary" ? numbers(0, data) : Array.from({ length: data }, (_, n) => number(n)).join("");
    }
    return kind === "binary" ? Uint8Array.from(data.match(/../g) ?? [], digits => parseInt(digits, 16)) : data;
  }

  /** How a message that came is told of: its kind, length and hash. */
  async function digest(received) {
    const kind = typeof received === "string" ? "text" : "binary";
    const bytes = kind === "text" ? new TextEncoder().encode(received) : new Uint8Array(received);
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].slice(0, 8);
    return [kind, bytes.length, hash.map(byte => byte.toString(16).padStart(2, "0")).join("")];
  }

  /** What comes, for those who wait for it. `null` is the end. */
  class Queue {
    #come = [];
    #wake = () => {};

    put(item) {
      this.#come.push(item);
      this.#wake();
    }

    async take() {
      while (this.#come.length === 0) await new Promise(resolve => { this.#wake = resolve; });
      return this.#come[0] === null ? null : this.#come.shift();
    }
  }

  /** Takes all steps and waits for the end. */
  async function play(end, steps, seen) {
    const receive = async () => {
      const received = await end.messages.take();
      if (received !== null) seen.messages.push(await digest(received));
      return received;
    };
    const ping = async payload => {
      end.ping(payload);
      seen.pongs.push(await end.pongs.take());
    };
    Object.assign(seen, { open: true, messages: [], pongs: [] });
    for (const [verb, given] of steps.flatMap(Object.entries)) {
      if (verb === "send") {
        end.send(message(...given));
      } else if (verb === "pipeline") {
        for (let first = 0; first < given; first++) end.send(numbers(first, 8));
      } else if (verb === "fragments") {
        const [kind, parts, payload] = given;
        for (const [at, part] of parts.entries()) {
          const isLast = at === parts.length - 1;
          end.sendPart(message(kind, part), isLast);
          if (!isLast) await ping(payload);
        }
      } else if (verb === "receive") {
        for (let count = 0; count < given; count++) await receive();
      } else if (verb === "echo") {
        for (let count = 0; count < given; count++) end.send(await receive());
      } else if (verb === "ping") {
        await ping(given);
      } else if (verb === "close") {
        end.close(...given);
      } else if (verb === "drop") {
        return end.drop();
      }
    }
    while (await receive() !== null) ;
    seen.close = await end.closed;
  }

  /** Plays a case for so long at the most, and gives what was seen. */
  async function watched(name, playing) {
    const seen = { case: name, open: false };
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("took too long")), PATIENCE);
    });
    await Promise.race([playing(seen), late]).catch(error => { seen.error = String(error); });
    clearTimeout(timer);
    return seen;
  }

  /** Plays the client with the WebSocket that all browsers have. */
  const playWeb = (url, name, { offer = [], client }) => watched(name, async seen => {
    if (client.some(step => "get" in step)) {
      const response = await fetch(url.replace(/^ws/, "http"));
      seen.answer = { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
      return;
    }
    const socket = new WebSocket(url, offer);
    socket.binaryType = "arraybuffer";
    const end = {
      messages: new Queue(),
      send: data => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
    };
    end.closed = new Promise(resolve => {
      socket.onclose = ({ code, reason, wasClean }) => {
        end.messages.put(null);
        resolve([code, reason, wasClean]);
      };
    });
    socket.onmessage = ({ data }) => end.messages.put(data);
    const isOpen = await new Promise(resolve => {
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    });
    if (!isOpen) return;
    Object.assign(seen, { protocol: socket.protocol || null, agreed: socket.extensions });
    await play(end, client, seen);
  });

  /** The cases, of which some are like others. */
  const parseCases = text => {
    const cases = JSON.parse(text);
    return Object.fromEntries(Object.entries(cases).map(([name, own]) => [name, { ...cases[own.like], ...own }]));
  };

  globalThis.interop = { parseCases, Queue, play, playWeb, watched };
}
