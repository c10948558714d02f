# A way to a server that takes time: FROM-PORT TO-PORT ROUND-TRIP-MS.
# Connecting takes a round trip, each piece half of one.  Prints a line for each
# connection when it ends: the bytes from and to the client.
import asyncio, socket, sys, time

listen, target = int(sys.argv[1]), int(sys.argv[2])
round_trip = float(sys.argv[3]) / 1000

async def one_way(reader, writer, start):
    """Each piece arrives half a round trip after it was sent, in order.  The
    number of bytes."""
    queue, total = asyncio.Queue(), 0
    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            try:
                if not data: return writer.write_eof()
                writer.write(data)
                await writer.drain()
            except OSError: return
    task = asyncio.ensure_future(deliver())
    try:
        while True:
            data = await reader.read(65536)
            total += len(data)
            due = max(time.monotonic(), start) + round_trip / 2
            queue.put_nowait((due, data))
            if not data: break
    except OSError: queue.put_nowait((0, b""))
    await task
    return total

async def connection(reader, writer):
    try:
        r, w = await asyncio.open_connection("127.0.0.1", target)
        for x in (writer, w):
            s = x.get_extra_info("socket")
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError: return writer.close()
    connected = time.monotonic() + round_trip
    out, back = await asyncio.gather(one_way(reader, w, connected),
        one_way(r, writer, 0))
    print(out, back, flush=True)
    for x in (writer, w): x.close()

async def main():
    server = await asyncio.start_server(connection, "127.0.0.1", listen)
    async with server: await server.serve_forever()
asyncio.run(main())
