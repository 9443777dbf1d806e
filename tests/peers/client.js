// A client of node-ws: client.js URL CA_FILE TASK [CODE...]. Says on standard output what it sees.
// CA_FILE is - for ws://. With codes: one link for each, to URL/CODE, that closes with it or waits
// to be closed with it.
'use strict';

const crypto = require('crypto');
const { once } = require('events');
const fs = require('fs');
const { WebSocket } = require('/usr/share/nodejs/ws');

const SIZES = [1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
const PIECES = 7;
const [url, caFile, task, ...codes] = process.argv.slice(2);
const say = (...what) => console.log(what.join(' '));

function messages(size) {
  const data = crypto.randomBytes(size);
  return [['binary', data], ['text', Buffer.from(data.toString('base64').slice(0, size))]];
}

async function expectBack(link, kind, message, line) {
  const [back, binary] = await once(link, 'message');
  if (back.equals(message) && binary === (kind === 'binary')) say(line);
}

async function echo(link) {
  for (const size of SIZES) {
    for (const [kind, message] of messages(size)) {
      link.send(message, { binary: kind === 'binary' });
      await expectBack(link, kind, message, `echoed ${kind} ${size}`);
    }
  }
  link.close(1000);
}

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

async function fragments(link) {
  for (const kind of ['binary', 'text']) {
    const message = kind === 'text' ? Buffer.from('€'.repeat(33333)) : crypto.randomBytes(100000);
    const back = expectBack(link, kind, message, `echoed ${kind}`);
    await sendPieces(link, message, kind === 'binary');
    await back;
  }
  link.close(1000);
}

// Numbered messages without an end, 16 on their way.
function stream(link) {
  let sent = 0;
  let received = 0;
  link.on('message', (back) => {
    if (back.toString() !== String(received++)) return link.terminate();
    if (received % 100 === 0) say('echoed', received);
    link.send(String(sent++));
  });
  while (sent < 16) link.send(String(sent++));
}

const tasks = {
  echo,
  fragments,
  stream,
  close: (link, code) => link.close(Number(code), 'because'),
  wait: () => {},
};

function call(target, code) {
  const link = new WebSocket(target, ['v9', 'v2'], {
    ca: caFile === '-' ? undefined : fs.readFileSync(caFile),
    maxPayload: 64 << 20,
  });
  link.on('open', () => {
    say('open', link.extensions ? 1 : 0, 'extensions', link.protocol || '-');
    tasks[task](link, code);
  });
  link.on('ping', () => say('pinged'));
  link.on('error', (error) => say('error', error.message));
  link.on('unexpected-response', (_, response) => {
    say('refused', response.statusCode);
    process.exit();
  });
  return new Promise((done) => {
    link.on('close', (status, reason) => done(say('closed', status, reason)));
  });
}

(async () => {
  for (const code of codes) await call(`${url}/${code}`, code);
  if (codes.length === 0) await call(url);
})();
