"""The gate over Streamable HTTP: a reverse proxy that lets everything pass as it came, except for what is held.

    terms      what the command line says            address    where to listen, and the one upstream
    fence      who may knock                         bearer     whose work it is, when a key says so
    door       every request comes in here           sessions   which engine it belongs to
    exchange   one request and its answer            lane       one way to the host
    events     server-sent events, byte by byte      headers    which of them travel
    server     the upstream, over the wire           serving    on a socket, until told to stop

Sources: MCP transports (2025-03-26 to 2026-07-28), HTML Living Standard 9.2, RFC 9110. Needs the extra `placet[gate]`.
"""
