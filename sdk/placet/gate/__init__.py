"""The gate: Placet in front of any MCP server or host, both eras, no code changed.

It works on JSON-RPC messages, not on an SDK's objects: whatever is not held passes as the very bytes that came in, and
whatever asks for something is held until its owner decided. Rooms, from pure to outside:

    messages   one JSON-RPC message, its bytes and a strict reading of them       (JSON-RPC 2.0, RFC 8259)
    channels   which asks a message carries; unknown shapes are refused           (MCP 2025-11-25, 2026-07-28, SEP-2663)
    answers    what goes back for each kind, era and ending
    calls      what one host has under way
    memory     what survives a restart
    holding    the conversation with the console
    session    the engine: one host, one server, no transport
    stdio      a child process; http: a reverse proxy
"""
