"""Files of JSON lines, given page by page: what the stand-ins of sources that are pulled have in common."""

import time

from standin import Answer

LINES = "application/jsonl"


def moment(seconds):
    """A moment as RFC 3339 writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def page(path, query, usual):
    """One page of a file, nothing where there is no such file; the cursor is the version of the file and a place in it.

    As-Of is the moment at which the file was written; a cursor of a file that was replaced since is refused with 410.
    """
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
        while len(lines) < int(query.get("limit", usual)) and (line := file.readline()):
            lines.append(line)
        place = file.tell()
        headers = {"As-Of": moment(version / 1e9)}
        if file.read(1):
            headers["Next-Cursor"] = f"{version}-{place}"
    return Answer(200, b"".join(lines), LINES, headers)
