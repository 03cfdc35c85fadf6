"""The timeline: one line for each thing that happened, when, how long it took, where, who and what."""

import contextlib
import datetime
import shutil
import sys
import time
import unicodedata

HANOI = datetime.timezone(datetime.timedelta(hours=7))
WIDTHS = {"where": 13, "who": 27}
BOLD, DIM, GREEN, RED, CYAN = "1", "2", "32", "31", "36"


def width(text):
    """Columns that a text takes on a screen."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fitted(text, columns):
    """The text in exactly so many columns."""
    text = unicodedata.normalize("NFC", text)
    if width(text) > columns:
        while width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


class Timeline:
    """Prints lines as things happen; on a terminal what is being waited for is shown meanwhile."""

    def __init__(self):
        self._output = sys.stdout
        self._is_terminal = self._output.isatty()

    def paint(self, text, color):
        """The text in a colour, on a terminal."""
        return f"\x1b[{color}m{text}\x1b[0m" if self._is_terminal else text

    def say(self, text="", color=None):
        """A line of its own."""
        print(self.paint(text, color) if color else text, file=self._output, flush=True)

    def title(self, vietnamese, english):
        """The beginning of a thread."""
        self.say()
        self.say(f"{self.paint(vietnamese, BOLD)}  {self.paint('· ' + english, DIM)}")
        head = f"  {'when':<12}  {'took':>8}  {'where':<{WIDTHS['where']}}  {'who':<{WIDTHS['who']}}  what"
        self.say(head, DIM)

    @contextlib.contextmanager
    def step(self, where, who, what):
        """Something that takes its time; the block may complete `what` by `step.tell(...)`."""
        row = Row(where, who, what)
        if self._is_terminal:
            # One row of the screen at most, or it could not be taken back.
            line = fitted(self._line(row, "…"), shutil.get_terminal_size().columns - 3)
            print("  " + self.paint(line, DIM), end="", file=self._output, flush=True)
        try:
            yield row
        except BaseException:
            self._finish(row, RED)
            raise
        self._finish(row, None)

    def _finish(self, row, color):
        row.took = time.monotonic() - row.began
        row.at = datetime.datetime.now(HANOI)
        if self._is_terminal:
            print("\r\x1b[K", end="", file=self._output)
        duration = f"{row.took * 1000:.0f} ms" if row.took < 1 else f"{row.took:.2f} s"
        line = self._line(row, duration)
        self.say("  " + line, color)

    def _line(self, row, duration):
        at = (row.at or datetime.datetime.now(HANOI)).strftime("%H:%M:%S.%f")[:12]
        where, who = (fitted(text, WIDTHS[name]) for name, text in (("where", row.where), ("who", row.who)))
        if self._is_terminal and row.at:
            where = self.paint(where, CYAN)
        return f"{at}  {duration:>8}  {where}  {who}  {row.what}"


class Row:
    """One line."""

    def __init__(self, where, who, what):
        self.where, self.who, self.what = where, who, what
        self.began, self.took, self.at = time.monotonic(), None, None

    def tell(self, what):
        """What it came to."""
        self.what = what


def amount(dong):
    """Đồng with points between thousands, as people in Vietnam write them."""
    return f"{dong:,}".replace(",", ".") + " đ"


def moment(text):
    """An RFC 3339 moment in the time of Vietnam."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(HANOI)
    return at.strftime("%H:%M %d/%m/%Y")
