// The WebSocket that is built into Node.

import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import "./play.js";

globalThis.crypto ??= webcrypto;
const CASES = interop.parseCases(readFileSync(new URL("../cases.json", import.meta.url)));
const [, url, ...names] = process.argv.slice(2);
for (const name of names) {
  console.log(JSON.stringify(await interop.playWeb(`${url}/${name}`, name, CASES[name])));
}
process.exit(); // whatever a case that failed has left open
