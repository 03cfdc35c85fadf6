"""What machine it is."""

import os
import pathlib
import platform
import subprocess
import time


def describe(place):
    """Name and value of what a figure depends on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": platform.release(),
        "syncs a second": round(syncs_a_second(place)),
        "PostgreSQL": _version("/usr/lib/postgresql/15/bin/postgres", "--version"),
        "librdkafka": _version("pkg-config", "--modversion", "rdkafka"),
        "Swift": _version("swift", "--version"),
    }


def syncs_a_second(place, seconds=1.0):
    """How many 8 KiB writes a second this disk takes, each with fdatasync."""
    file = os.open(pathlib.Path(place) / "syncs", os.O_CREAT | os.O_WRONLY)
    page, count, began = bytes(8192), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        os.pwrite(file, page, 0)
        os.fdatasync(file)
        count += 1
    os.close(file)
    return count / (time.monotonic() - began)


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
