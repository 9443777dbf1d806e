#!/usr/bin/python3
"""The server of python3-websockets: echo_server.py PORT. Says on standard output what it sees.

The path of a link says what it is for: /echo, /fragments, /big/BYTES, /close/CODE/REASON,
/refuse/STATUS.
"""
import asyncio
import http
import sys

import websockets

PIECES = 7


def say(*words):
    print(*words, flush=True)


async def pieces(link, message):
    """The message in pieces; between each two, a ping that must be answered."""
    size = -(-len(message) // PIECES)
    for at in range(0, len(message), size):
        if at:
            await (await link.ping())
            say("ponged")
        yield message[at:at + size]


async def serve(link):
    what, *words = link.path.strip("/").split("/")
    say("open", len(link.extensions), "extensions")
    try:
        if what == "close":
            await link.close(int(words[0]), words[1])
        if what == "big":
            await link.send(bytes(int(words[0])))
        async for message in link:
            await link.send(pieces(link, message) if what == "fragments" else message)
    except websockets.ConnectionClosed:
        pass
    await link.wait_closed()
    say("closed", link.close_code, link.close_reason)


async def refuse(path, _):
    what, *words = path.strip("/").split("/")
    if what == "refuse":
        return http.HTTPStatus(int(words[0])), [("X-Why", "so")], b"b" * 10000
    return None


async def main():
    async with websockets.serve(serve, "127.0.0.1", int(sys.argv[1]), process_request=refuse,
                                subprotocols=["v2", "v1"], max_size=64 << 20, ping_interval=None):
        say("ready")
        await asyncio.Future()


asyncio.run(main())
