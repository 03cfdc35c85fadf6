"""The policy of the dues goes into force by two operators, over the real executables."""

import json

from stack import ROOT
from walkthrough.people import SECOND

# So far away that no other test owes anything for it.
MONTH = "2039-01"


def test_a_policy_is_proposed_compared_and_approved(stack, suite, directory, hosoctl, tmp_path):
    document = json.loads((ROOT / "Services/Dues/Domain/Resources/dues-policy.json").read_text(encoding="utf-8"))
    file = tmp_path / "policy.json"
    second = ("--token", suite.token(SECOND))
    decision = ("--decision", "12-QĐ/TW", "--decided-on", "2026-11-20", "--decided-by", "Ban Mẫu Trung ương")
    raised = {region: 2 * amount for region, amount in document["minima"][0]["amounts"].items()}

    def write(**amounts):
        later = {"from": MONTH, "basis": "Nghị định mẫu", "amounts": {**raised, **amounts}}
        changed = {**document, "minima": [*document["minima"], later]}
        file.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")

    write(IV=0)
    assert "minima[1].amounts.IV: policy.range" in hosoctl("policy", "check", file, code=1)
    write()
    assert "can be used" in hosoctl("policy", "check", file)
    before = hosoctl("policy", "list", "--json")["inForce"]
    version = hosoctl("policy", "propose", file, *decision, "--json")["version"]
    assert "policy-proposed-already" in hosoctl("policy", "propose", file, *decision, code=1)
    assert "policy-not-compared" in hosoctl("policy", "approve", version, *second, code=1)
    told = hosoctl("policy", "compare", version, "--month", MONTH, "--json")
    assert told["state"] == "done" and told["baseVersion"] == before and told["members"] > 0
    assert told["total"]["sumThen"] > told["total"]["sumNow"] > 0
    assert "policy-same-person" in hosoctl("policy", "approve", version, code=1)
    assert hosoctl("policy", "approve", version, *second, "--json")["state"] == "in-force"
    assert hosoctl("policy", "list", "--json")["inForce"] == version
    audited = stack.sql("SELECT action, actor FROM dues.audit WHERE action LIKE 'policy.%' ORDER BY at")
    assert audited == [["policy.proposed", "operator:hosoctl"], ["policy.approved", "operator:second"]]
