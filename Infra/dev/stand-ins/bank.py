#!/usr/bin/python3
"""Stand-in of the banks' account inquiry: says under which name an account is kept, as far as it was told.

  GET /accounts/<bank code>/<account number>   {"holderName": ...}, or 404 for a number that it does not know
  PUT /accounts/<bank code>/<account number>   {"holderName": ...}: 204, from then on it knows the account
"""

import json
import threading

from standin import Answer, StandIn, arguments


class Accounts:
    """The accounts that are known, also across a restart."""

    def __init__(self, file):
        self._file = file
        self._lock = threading.Lock()
        self._holders = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def holder(self, path):
        """The name the account is kept under, or None."""
        with self._lock:
            return self._holders.get(path)

    def keep(self, path, holder):
        """From now on the account is kept under this name."""
        with self._lock:
            self._holders[path] = holder
            self._file.write_text(json.dumps(self._holders, ensure_ascii=False), encoding="utf-8")


def main():
    options = arguments()
    accounts = Accounts(options.state_dir / "accounts.json")
    stand_in = StandIn()

    def holder(request):
        name = accounts.holder(request.path)
        return Answer(200, {"holderName": name}) if name else Answer(404, {"error": "no such account"})

    def keep(request):
        accounts.keep(request.path, request.json()["holderName"])
        return Answer(204)

    stand_in.routes |= {"GET /accounts/": holder, "PUT /accounts/": keep}
    stand_in.serve(options)


if __name__ == "__main__":
    main()
