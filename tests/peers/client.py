#!/usr/bin/python3
"""A client of python3-websockets: client.py URL CA_FILE TASK [CODE...].

Says on standard output what it sees. CA_FILE is - for ws://. With codes: one link for each, to
URL/CODE, that closes with it or waits to be closed with it.
"""
import asyncio
import base64
import random
import ssl
import sys
import urllib.parse

import websockets

SIZES = [1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
PIECES = 7
URL, CA_FILE, TASK, *CODES = sys.argv[1:]


def say(*words):
    print(*words, flush=True)


def messages(size):
    data = random.randbytes(size)
    return ("binary", data), ("text", base64.b64encode(data)[:size].decode())


async def echo(link, _):
    for size in SIZES:
        for kind, message in messages(size):
            await link.send(message)
            if await link.recv() == message:
                say("echoed", kind, size)


async def pieces(link, message):
    """The message in pieces; between each two, a ping that must be answered."""
    size = -(-len(message) // PIECES)
    for at in range(0, len(message), size):
        if at:
            await (await link.ping())
            say("ponged")
        yield message[at:at + size]


async def fragments(link, _):
    for kind, message in messages(100_000):
        await link.send(pieces(link, message))
        if await link.recv() == message:
            say("echoed", kind)


async def stream(link, _):
    """Numbered messages without an end, 16 on their way."""
    for number in range(1 << 30):
        await link.send(str(number))
        if number >= 16:
            assert await link.recv() == str(number - 16)
            if number % 100 == 0:
                say("echoed", number)


async def close(link, code):
    await link.close(int(code), "because")


async def wait(link, _):
    await link.wait_closed()


async def body(url, trust):
    """A handshake with a body that would be a masked text frame; the status that it is answered."""
    frame = b"\x81\x85\0\0\0\0hello"
    for field, sent in (("Content-Length: %d" % len(frame), frame),
                        ("Transfer-Encoding: chunked", b"b\r\n" + frame + b"\r\n0\r\n\r\n")):
        where = urllib.parse.urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, ssl=trust)
        writer.write(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     f"{field}\r\n\r\n".encode() + sent)
        say(field.split(":")[0], (await reader.readline()).split()[1].decode())
        writer.close()


async def call(url, code):
    trust = None if CA_FILE == "-" else ssl.create_default_context(cafile=CA_FILE)
    if TASK == "body":
        return await body(url, trust)
    try:
        async with websockets.connect(url, ssl=trust, max_size=64 << 20, ping_interval=None,
                                      subprotocols=["v9", "v2"]) as link:
            say("open", len(link.extensions), "extensions", link.subprotocol or "-")
            await {"echo": echo, "fragments": fragments, "stream": stream, "close": close,
                   "wait": wait}[TASK](link, code)
        say("closed", link.close_code, link.close_reason)
    except websockets.InvalidStatusCode as refused:
        say("refused", refused.status_code)


async def main():
    for code in CODES:
        await call(f"{URL}/{code}", code)
    if not CODES:
        await call(URL, None)


asyncio.run(main())
