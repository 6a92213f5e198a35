"""Scripted clients and servers that speak real bytes. Fakes, not mocks: what they hear is what was sent.

    client, ours = pair()                       a Peer, and the other end as a raw non-blocking socket
    async with listening() as server: …         a Peer server: settings.port = server.port; peer = await server.accept()
    client = await dial(host, port)             a Peer client

    await client.send(Query(b"select 1"))       messages or bytes
    await server.expect(Query(b"select 1"))     exactly these bytes next, or the test fails and shows both
    frames = await client.until(b"Z")           the frames up to and including the first of that type
    await client.ended()                        the other side has closed, and nothing was left to read

Every wait gives up after PATIENCE_S, so a test that hangs fails instead.
"""
