"""Callbacks for MCP clients that ask an owner first: sampling and elicitation, in both eras.

    guard = Guard(AsyncConsole(…), subject="dana@example.org")
    mcp.Client(server, sampling_callback=guard.sampling(inner), elicitation_callback=guard.elicitation(inner))
    fastmcp.Client(server, sampling_handler=guard.fastmcp.sampling(inner), …)

An owner *releases* an ask; `inner` then does what the host would have done anyway: run the model, show the form, open
the link. What it gets are the released params. Whatever else happens, the server is told no in the protocol's own
words: "User rejected sampling request" (-1) and `decline` for a no, an error and `cancel` where nobody decided.
Sources: MCP 2025-11-25 and 2026-07-28, client/sampling and client/elicitation. Needs the extra `placet[mcp]`; FastMCP
is imported when `guard.fastmcp` is.
"""

from placet.mcp.guard import LAST_WORDS, REJECTED, Elicitation, Elicited, Guard, Sampled, Sampling, wire

__all__ = ["LAST_WORDS", "REJECTED", "Elicitation", "Elicited", "Guard", "Sampled", "Sampling", "wire"]
