"""The ledger's Merkle tree, as console, servers, witnesses and auditors share it: hashing, proofs, heads, audits."""
