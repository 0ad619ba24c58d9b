// node-websocket-driver: `driver.js server`, or `driver.js client ADDRESS WIRE`, which has version 13 only.
const net = require('net');
const websocket = require('websocket-driver');

const TEXTS = ['Hello', 'grüße €😀', 'a'.repeat(125), 'b'.repeat(1000), 'c'.repeat(60000)];

function serve() {
  const listener = net.createServer((stream) => {
    const driver = websocket.server();
    driver.on('connect', () => driver.start());
    driver.on('message', (event) => driver.text(event.data));
    driver.on('close', () => stream.end());
    driver.on('error', (error) => console.error(error.message));
    stream.on('error', () => {});
    stream.pipe(driver.io).pipe(stream);
  });
  listener.listen(0, '127.0.0.1', () => console.log(`listening on ${listener.address().port}`));
}

function talk(address) {
  const [host, port] = address.split(':');
  const driver = websocket.client(`ws://${address}/demo`);
  const stream = net.connect(Number(port), host, () => driver.start());
  let outcome = 'the server has closed';
  const left = [...TEXTS];
  driver.on('open', () => driver.text(left[0]));
  driver.on('message', (event) => {
    if (event.data !== left.shift()) {
      outcome = `${event.data.length} characters came back otherwise`;
      driver.close();
    } else if (left.length > 0) {
      driver.text(left[0]);
    } else {
      outcome = 'ok';
      driver.close();
    }
  });
  driver.on('error', (error) => { outcome = error.message; });
  driver.on('close', () => stream.end());
  stream.on('close', () => console.log(outcome));
  stream.pipe(driver.io).pipe(stream);
}

const [role, address] = process.argv.slice(2);
if (role === 'server') serve(); else talk(address);
