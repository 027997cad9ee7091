import asyncio

from tests.fault_proxy import Exchange, FaultProxy

SIZE = 1 << 26
"""More bytes than fit into the buffers of a connection."""


async def test_the_proxy_ends_connections_of_clients_that_do_not_read() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"x" * SIZE)

    async with FaultProxy(always=answer) as proxy:
        reader, writer = await _connect(proxy)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await proxy.until_received(1)
    assert len(await reader.read()) < SIZE
    writer.close()


async def test_the_proxy_ends_connections_to_a_server_that_does_not_read() -> None:
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    server_reads = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server_reads.wait()
        received.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        upstream = server.sockets[0].getsockname()
        async with FaultProxy(upstream) as proxy:
            _, writer = await _connect(proxy)
            writer.write(b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % SIZE)
            writer.write(b"x" * SIZE)
            await proxy.until_received(1)
        server_reads.set()
        assert len(await received) < SIZE
        writer.close()


async def _connect(proxy: FaultProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = proxy.url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))
