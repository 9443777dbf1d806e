// The server of node-ws: echo_server.js PORT. Says on standard output what it sees. The path of a
// link says what it is for: /echo, /fragments, /big/BYTES, /close/CODE/REASON (CODE 1005: an empty
// Close), /refuse/STATUS.
'use strict';

const { once } = require('events');
const { WebSocketServer } = require('/usr/share/nodejs/ws');

const PIECES = 7;
const say = (...words) => console.log(words.join(' '));
const path = (request) => request.url.split('/').slice(1);

// Cut anywhere, also within a character. Between each two pieces: a ping that must be answered.
async function sendPieces(link, message, binary) {
  const size = Math.ceil(message.length / PIECES);
  for (let at = 0; at < message.length; at += size) {
    const fin = at + size >= message.length;
    if (at > 0) {
      const ponged = once(link, 'pong');
      link.ping(String(at));
      const [payload] = await ponged;
      if (payload.toString() === String(at)) say('ponged');
    }
    link.send(message.subarray(at, at + size), { binary, fin });
  }
}

function refuse({ req }, done) {
  const [what, status] = path(req);
  if (what !== 'refuse') return done(true);
  done(false, Number(status), 'b'.repeat(10000), { 'X-Why': 'so' });
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  maxPayload: 64 << 20,
  perMessageDeflate: true,
  verifyClient: refuse,
  handleProtocols: (offered) => ['v2', 'v1'].find((p) => offered.has(p)) || false,
});
server.on('listening', () => say('ready'));
server.on('connection', (link, request) => {
  const [what, ...words] = path(request);
  say('open', link.extensions ? 1 : 0, 'extensions');
  link.on('error', () => {});
  link.on('ping', () => say('pinged'));
  link.on('close', (code, reason) => say('closed', code, reason));
  link.on('message', (message, binary) => {
    if (what === 'fragments') sendPieces(link, message, binary);
    else link.send(message, { binary });
  });
  if (what === 'close' && words[0] === '1005') link.close();
  else if (what === 'close') link.close(Number(words[0]), words[1]);
  else if (what === 'big') link.send(Buffer.alloc(Number(words[0])));
});
