#!/usr/bin/python3
"""Stand-in of Vietnam Social Security: gives the figures of a month page by page, or those of one person.

  GET /figures?month=2026-10   JSON lines of <state-dir>/figures-2026-10.jsonl; nothing where there is no such file
       &cursor=…               what the page before gave as Next-Cursor: the place in the file
       &limit=…                records on a page, --page when absent
  POST /figures/inquiries      {"personalId": …, "month": …} answers {"asOf": …, "figures": […]} out of the same files, 404
                               for somebody who stands in none of them
  As-Of is the moment at which the file was written; a cursor of a file that was replaced since is refused with 410.
"""

import json
import re
import time

import pages
from standin import Answer, StandIn, arguments

PUBLISHED = ("month", "kind", "employerCode", "employerName", "amount")


class Figures:
    """The files of the months."""

    def __init__(self, options):
        self._folder = options.state_dir
        self._page = int(options.page)

    def _file(self, month):
        if not re.fullmatch(r"\d{4}-\d{2}", month):
            raise ValueError("month")
        return self._folder / f"figures-{month}.jsonl"

    def page(self, request):
        """One page of a month."""
        return pages.page(self._file(request.query["month"]), request.query, self._page)

    def inquire(self, request):
        """What one person has in a month."""
        asked = request.json()
        path = self._file(asked["month"])
        found = []
        for file in self._folder.glob("figures-*.jsonl"):
            records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            found += [(file, record) for record in records if record.get("personalId") == asked["personalId"]]
        if not found:
            return Answer(404, {"error": "nobody has this number"})
        written = path.stat().st_mtime if path.is_file() else time.time()
        own = [{key: record[key] for key in PUBLISHED if key in record} for file, record in found if file == path]
        return Answer(200, {"asOf": pages.moment(written), "figures": own})


def main():
    """Runs the stand-in."""
    options = arguments(page="5000")
    figures = Figures(options)
    stand_in = StandIn()
    stand_in.routes["GET /figures"] = figures.page
    stand_in.routes["POST /figures/inquiries"] = figures.inquire
    stand_in.serve(options)


if __name__ == "__main__":
    main()
