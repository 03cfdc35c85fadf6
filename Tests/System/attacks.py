"""Notes of the faults that tests put the suite to: one JSON line each, in the file that HOSO_TEST_FAULTS names."""

import contextlib
import json
import os
import pathlib
import re
import time


class Attack:
    """One fault that one test does to the suite.

    - identifier: its id in Tests/faults.tsv. done: what the test did, for readers of docs/faults.md.
    - seed: what brings its random choices back; None when it makes none.
    """

    def __init__(self, test, identifier, done, seed=None):
        self._test, self._identifier, self._done, self._seed = test, identifier, done, seed
        self._recovery = None

    @contextlib.contextmanager
    def recovering(self, since=None):
        """Takes the time from the end of the fault, where the block begins if not before, until everything works again."""
        began = since or time.monotonic()
        yield
        self._recovery = round(time.monotonic() - began, 1)

    def write(self):
        """Appends the note, where a file is named."""
        if not (path := os.environ.get("HOSO_TEST_FAULTS")):
            return
        module, _, name = self._test.partition("::")
        note = {
            "fault": self._identifier,
            "done": self._done,
            # As the runner's result file names the test.
            "test": f"{re.sub(r'[.]py$', '', module).replace('/', '.')}.{name.replace('::', '.')}",
            "seed": self._seed,
            "recovery": self._recovery,
        }
        with pathlib.Path(path).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps({key: value for key, value in note.items() if value is not None}) + "\n")
