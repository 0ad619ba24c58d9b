// Reads heads with llhttp, the parser of Node. Answers each line with a line, in JSON:
//
//   {"kind": "request", "head": HEX}    the method, target and headers, or null
//   {"kind": "response", "head": HEX}   the status and headers, or null
"use strict";

const { HTTPParser, allMethods } = process.binding("http_parser");
const readline = require("node:readline");

function read(kind, head) {
  const parser = new HTTPParser();
  const headers = [];
  let result = null;
  parser.initialize(kind === "request" ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 1 << 20);
  parser[HTTPParser.kOnHeaders] = (more) => headers.push(...more);
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, more, method, url, status) => {
    headers.push(...(more ?? []));
    const first = kind === "request" ? `${allMethods[method]} ${url}` : `${status}`.padStart(3, "0");
    result = [first, ...headers];
    return 2; // No body follows.
  };
  parser[HTTPParser.kOnMessageComplete] = () => {};
  const error = parser.execute(head);
  if (error instanceof Error && result === null) return null;
  return result;
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { kind, head } = JSON.parse(line);
  const result = read(kind, Buffer.from(head, "hex"));
  console.log(JSON.stringify(result && result.map((text) => Buffer.from(text, "latin1").toString("hex"))));
});
