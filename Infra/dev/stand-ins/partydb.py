#!/usr/bin/python3
"""Stand-in of the Party Member Database 4.0: gives the records of files page by page.

  GET /members, GET /organizations   JSON lines of <state-dir>/members.jsonl, organizations.jsonl (hosoctl generate
                                     --format jsonl writes such files); with ?since=… those of members-delta.jsonl,
                                     organizations-delta.jsonl; nothing where there is no such file
       ?cursor=…                     what the page before gave as Next-Cursor: the place in the file
       ?limit=…                      records on a page, --page when absent
  As-Of is the moment at which the file was written; a cursor of a file that was replaced since is refused with 410.
"""

import time

from standin import Answer, StandIn, arguments

LINES = "application/jsonl"


def moment(seconds):
    """A moment as RFC 3339 writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Records:
    """Pages of files."""

    def __init__(self, options):
        self._folder = options.state_dir
        self._page = int(options.page)

    def page(self, subject, query):
        """One page; the cursor is the version of the file and a place in it."""
        path = self._folder / (f"{subject}-delta.jsonl" if "since" in query else f"{subject}.jsonl")
        if not path.is_file():
            return Answer(200, b"", LINES, {"As-Of": moment(time.time())})
        version = path.stat().st_mtime_ns
        place = 0
        if "cursor" in query:
            asked, place = (int(part) for part in query["cursor"].split("-"))
            if asked != version:
                return Answer(410, {"error": "the file was replaced"})
        with path.open("rb") as file:
            file.seek(place)
            lines = []
            while len(lines) < int(query.get("limit", self._page)) and (line := file.readline()):
                lines.append(line)
            place = file.tell()
            headers = {"As-Of": moment(version / 1e9)}
            if file.read(1):
                headers["Next-Cursor"] = f"{version}-{place}"
        return Answer(200, b"".join(lines), LINES, headers)


def main():
    """Runs the stand-in."""
    options = arguments(page="5000")
    records = Records(options)
    stand_in = StandIn()
    for subject in ("members", "organizations"):
        stand_in.routes[f"GET /{subject}"] = lambda request, subject=subject: records.page(subject, request.query)
    stand_in.serve(options)


if __name__ == "__main__":
    main()
