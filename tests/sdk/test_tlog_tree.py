"""The tree is that of RFC 6962: by vectors of others, and beside another implementation, proof by proof."""

import base64
import json
from pathlib import Path

import pytest
from aics_tlog.tree import MerkleTree
from placet.tlog import tree

VECTORS = Path(__file__).parent / "rfc6962"
#: Its roots have twelve bytes: no SHA-256 at all. Whoever takes them checks less than we do.
TOO_SHORT = "additional/sizes-are-equal-one-and-proof-is-empty.json"
LEAVES = [f"leaf {n}".encode() for n in range(41)]


def vectors(name: str) -> list[dict]:
    found = json.loads((VECTORS / f"{name}.json").read_bytes())
    assert len(found) == 98
    return found


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def judged(check, **given) -> bool:
    try:
        check(**given)
    except tree.BadProof:
        return False
    return True


def test_inclusion_is_judged_as_others_judge_it():
    for vector in vectors("inclusion"):
        proof = [raw(each) for each in vector["proof"] or []]
        holds = judged(
            tree.check_inclusion, leaf=vector["leafIdx"], size=vector["treeSize"], leaf_hash=raw(vector["leafHash"]),
            root=raw(vector["root"]), proof=proof,
        )  # fmt: skip
        assert holds is not vector["wantErr"], vector["file"]


def test_consistency_is_judged_as_others_judge_it():
    for vector in vectors("consistency"):
        proof = [raw(each) for each in vector["proof"] or []]
        holds = judged(
            tree.check_consistency, old=vector["size1"], new=vector["size2"], old_root=raw(vector["root1"]),
            new_root=raw(vector["root2"]), proof=proof,
        )  # fmt: skip
        assert holds is not (vector["wantErr"] or vector["file"] == TOO_SHORT), vector["file"]


@pytest.fixture(scope="module")
def grown():
    """Our tree and the other one, with the same leaves; and what ours would have kept."""
    kept, peaks, other = {}, tree.Peaks(), MerkleTree()
    roots = [peaks.root]
    for leaf in LEAVES:
        kept |= dict(peaks.append(tree.leaf_hash(leaf)))
        other.append(leaf)
        roots.append(peaks.root)
    return kept, roots, other


def test_every_root_and_proof_is_that_of_the_other_implementation(grown):
    kept, roots, other = grown
    for size in range(1, len(LEAVES) + 1):
        assert roots[size] == other.root(size)
        for leaf in range(size):
            proof = tree.proof_of(tree.inclusion(leaf, size), kept.__getitem__)
            assert proof == other.inclusion_proof(leaf, size)
            known = {"leaf_hash": tree.leaf_hash(LEAVES[leaf]), "root": roots[size], "proof": proof}
            tree.check_inclusion(leaf=leaf, size=size, **known)
        for old in range(1, size + 1):
            proof = tree.proof_of(tree.consistency(old, size), kept.__getitem__)
            assert proof == other.consistency_proof(old, size)
            tree.check_consistency(old=old, new=size, old_root=roots[old], new_root=roots[size], proof=proof)


def test_a_tree_goes_on_from_its_peaks(grown):
    kept, roots, _ = grown
    for size in range(len(LEAVES)):
        peaks = tree.Peaks(size, [kept[node] for node in tree.subtrees((0, size))])
        assert peaks.root == roots[size]
        peaks.append(tree.leaf_hash(LEAVES[size]))
        assert peaks.root == roots[size + 1]


@pytest.mark.parametrize("ask", [lambda: tree.inclusion(4, 4), lambda: tree.consistency(0, 4)])
def test_there_is_no_proof_of_what_is_not(ask):
    with pytest.raises(ValueError):
        ask()
