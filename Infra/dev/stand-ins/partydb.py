#!/usr/bin/python3
"""Stand-in of the Party Member Database 4.0: gives the records of files page by page.

  GET /members, GET /organizations   JSON lines of <state-dir>/members.jsonl, organizations.jsonl (hosoctl generate
                                     --format jsonl writes such files); with ?since=… those of members-delta.jsonl,
                                     organizations-delta.jsonl; nothing where there is no such file
       ?cursor=…                     what the page before gave as Next-Cursor: the place in the file
       ?limit=…                      records on a page, --page when absent
  As-Of is the moment at which the file was written; a cursor of a file that was replaced since is refused with 410.
"""

import pages
from standin import StandIn, arguments


def main():
    """Runs the stand-in."""
    options = arguments(page="5000")
    stand_in = StandIn()

    def records(subject, query):
        name = f"{subject}-delta.jsonl" if "since" in query else f"{subject}.jsonl"
        return pages.page(options.state_dir / name, query, int(options.page))

    for subject in ("members", "organizations"):
        stand_in.routes[f"GET /{subject}"] = lambda request, subject=subject: records(subject, request.query)
    stand_in.serve(options)


if __name__ == "__main__":
    main()
