"""Receivers behind real sockets: well-behaved ones, and all kinds of others."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[[Reader, Writer], Awaitable[None]]


class Receiver:
    """Counts connections; keeps the requests that came whole, as header dictionaries and bodies."""

    def __init__(self, behaviour: Behaviour | None = None, answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n") -> None:
        self.behaviour = behaviour
        self.answer = answer
        self.connections = 0
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.port = 0
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        try:
            headers, body = await request(reader)
            self.requests.append((headers, body))
            if self.behaviour is None:
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def request(reader: Reader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    return {"line": head[0], **headers}, await reader.readexactly(int(headers.get("content-length", 0)))


@asynccontextmanager
async def receiving(receiver: Receiver, **options: object) -> AsyncIterator[Receiver]:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, **options)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.serving:
            task.cancel()
        await asyncio.gather(*receiver.serving, return_exceptions=True)
        await server.wait_closed()


async def hang(_: Reader, __: Writer) -> None:
    await asyncio.sleep(60)


async def drip_headers(_: Reader, writer: Writer) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
        writer.write(bytes([sign]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_body(_: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


async def continue_for_ever(_: Reader, writer: Writer) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def reset(_: Reader, writer: Writer) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def no_http(_: Reader, writer: Writer) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n" * 3)
    await writer.drain()


async def endless_header(_: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"a" * 65536)
        await writer.drain()


def bomb(megabytes: int) -> bytes:
    """A small answer that would be large once unpacked."""
    packed = gzip.compress(bytes(2**20)) * megabytes
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


BOMB = bomb(200)


async def throw_bomb(_: Reader, writer: Writer) -> None:
    writer.write(BOMB)
    await writer.drain()


async def flood(_: Reader, writer: Writer) -> None:
    """400 MB, if anybody read it."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 419430400\r\n\r\n")
    for _ in range(400):
        writer.write(bytes(2**20))
        await writer.drain()


def answer(status: str, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(lines).encode()
