"""Who is who: the demonstration's tree in Directory, members, holders of roles."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

from .suite import OPERATOR, Person, Refused

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent / "demo-data" / "tree.json"
# The services that keep copies of Directory's topics, by the consumers' names.
COPIES = ("intake", "routing", "dues", "signing", "notification")


class Directory:
    """Directory as the demonstration asks it, always as an operator or as the member himself."""

    def __init__(self, suite):
        self._suite = suite
        self._names = {}
        self.ids = {}

    def load(self):
        """Enters the made-up tree, or finds it there; the ids by kind and local name."""
        with tempfile.NamedTemporaryFile("w", prefix="hoso-token-") as token:
            token.write(self._suite.token(OPERATOR))
            token.flush()
            done = subprocess.run(
                [
                    sys.executable,
                    "-B",
                    HERE.parent / "demo-data" / "load",
                    "--directory",
                    self._suite.addresses["directory"],
                ]
                + ["--token", "@" + token.name],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "no_proxy": "127.0.0.1"},
            )
        if done.returncode != 0:
            raise Refused(done.stderr.strip())
        self.ids = json.loads(done.stdout)
        return self.ids

    def wait_for_copies(self, seconds=None):
        """Waits until every service that keeps copies of Directory's topics is level with them."""
        present = [name for name in COPIES if name in self._suite.addresses]
        for name in present:
            self._suite.until(f"{name}'s copy of Directory", lambda name=name: self._is_level(name), seconds)
        return present

    def _is_level(self, service):
        lags = [
            lag
            for lag in self._suite.look(service, "/admin/v1/lag", OPERATOR)
            if lag["consumer"].endswith(".directory")
        ]
        return lags and all(lag["lag"] == 0 for lag in lags) and any(lag["logEnd"] > 0 for lag in lags)

    def member(self, identifier):
        """What an operator sees of a member."""
        return self._suite.call("directory", "GET", f"/v1/members/{identifier}", by=OPERATOR).json

    def person(self, identifier):
        """The member with his name, ready to ask."""
        if identifier not in self._names:
            self._names[identifier] = self.member(identifier)["fullName"]
        return Person(identifier, self._names[identifier])

    def own(self, person):
        """What Directory tells a member of himself."""
        return self._suite.call("directory", "GET", "/v1/me", by=person).json

    def holders(self, organization, role):
        """Those who hold a role at an organisation."""
        query = urllib.parse.urlencode({"organizationId": organization, "limit": 200})
        items = self._suite.call("directory", "GET", f"/v1/roles?{query}", by=OPERATOR).json["items"]
        return [self.person(item["memberId"]) for item in items if item["role"] == role and item["status"] == "active"]

    def enter(self, name, cell, email, phone):
        """A new member of a cell with both channels."""
        consent = {"email": True, "sms": True, "push": False}
        body = {
            "fullName": name,
            "cellId": cell,
            "joinedOn": "2015-05-19",
            "recognisedOn": "2016-05-19",
            "duesCategory": "insured",
            "duesBase": {"source": "social-insurance", "amount": 12_500_000},
            "channels": {"email": email, "phone": phone, "consent": consent},
        }
        answer = self._suite.call("directory", "POST", "/v1/members", by=OPERATOR, body=body)
        return Person(answer.json["memberId"], name)
