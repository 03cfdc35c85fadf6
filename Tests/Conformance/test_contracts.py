"""The published contracts, judged with jsonschema and PyYAML."""

import pytest
import validate_contracts


@pytest.fixture
def judge():
    return validate_contracts.Judge()


@pytest.mark.parametrize(
    "judged", [validate_contracts.judge_schemas, validate_contracts.judge_examples, validate_contracts.judge_document]
)
def test_contracts_hold(judge, judged):
    judged(judge)
    assert judge.checks > 50, "nearly nothing was looked at"
    assert judge.faults == []
