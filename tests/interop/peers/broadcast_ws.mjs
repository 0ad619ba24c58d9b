// Node's `ws` follows a broadcast: `broadcast_ws.mjs URL PATH..`.

import { WebSocket } from "ws";
import "./broadcast.js";

const [, , url, ...paths] = process.argv;
const open = path => new WebSocket(`${url}/${path}`, { perMessageDeflate: { threshold: 0 } });
(await followAll(paths, open)).forEach(line => console.log(JSON.stringify(line)));
