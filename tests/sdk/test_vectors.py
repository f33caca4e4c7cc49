"""The published vectors hold, and each check of the verifier is missed by one of them when it is gone."""

import pytest

from . import forge, judge, mutants


@pytest.mark.parametrize(("file", "vector"), judge.VECTORS, ids=[f"{file}: {v['name']}" for file, v in judge.VECTORS])
def test_the_vector_holds(file, vector):
    assert judge.outcome(vector) == vector["outcome"]


def test_the_published_files_are_what_the_forge_makes():
    assert {path.name: path.read_text() for path in forge.FOLDER.glob("*.json")} == forge.files()


def test_every_step_has_one_vector_that_passes_it_and_one_that_it_refuses():
    for number in range(1, 13):
        outcomes = [vector["outcome"] for file, vector in judge.VECTORS if file.startswith(f"{number:02}-")]
        assert any("refused" not in outcome for outcome in outcomes), number
        assert any(outcome.get("refused", {}).get("step") == number for outcome in outcomes), number


def test_the_verifier_with_all_its_checks_is_not_red():
    assert mutants.turns_red(mutants.whole()) is None


@pytest.mark.long
def test_no_check_can_be_deleted_without_a_vector_turning_red():
    tried = [(cut, mutants.turns_red(cut.verifier)) for cut in mutants.cuts()]
    assert len(tried) > 170
    assert [str(cut) for cut, red in tried if not red and (cut.module, cut.what) not in mutants.ALIKE] == []
