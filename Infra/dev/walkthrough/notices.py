"""What reached a member: emails at the mail receiver, short messages at the provider."""

import urllib.parse

MARKS = {
    # notice: (words of the email's subject, words of the short message)
    "acknowledgement": ("Đã tiếp nhận hồ sơ", "da duoc tiep nhan"),
    "admission": ("đã tiếp nhận sinh hoạt đảng", None),
    "paper file": ("nơi đến đã nhận hồ sơ giấy", None),
    "result": ("Kết quả hồ sơ", "da co ket qua"),
    "receipt": ("Biên lai đảng phí", "Da nhan"),
}


class Notices:
    """The two receivers of one suite."""

    def __init__(self, suite):
        self._suite = suite

    def emails(self, channels, notice, number):
        """Those of a notice that name the number of a dossier or receipt."""
        words = MARKS[notice][0]
        return [
            mail
            for mail in self._to("mail", channels["email"])
            if words in mail["subject"] and number in mail["subject"]
        ]

    def short_messages(self, channels, notice, number):
        """The same over the other channel."""
        words = MARKS[notice][1]
        return [
            message
            for message in self._to("sms", channels["phone"])
            if words in message["text"] and number in message["text"]
        ]

    def _to(self, receiver, address):
        return self._suite.look(receiver, "/messages?" + urllib.parse.urlencode({"to": address}))

    def arrive(self, timeline, person, channels, notice, number):
        """Waits for everything that a notice is sent over, as the member agreed to."""
        consent = channels.get("consent", {})
        if consent.get("email") and channels.get("email"):
            with timeline.step("Notification", person.name, f"email to {channels['email']}") as step:
                mail = self._suite.until(
                    f"the email of the {notice} {number}", lambda: self.emails(channels, notice, number)
                )[0]
                step.tell(f"email: “{' '.join(mail['subject'].split())}”")
        if MARKS[notice][1] and consent.get("sms") and channels.get("phone"):
            with timeline.step("Notification", person.name, f"SMS to {channels['phone']}") as step:
                message = self._suite.until(
                    f"the SMS of the {notice} {number}", lambda: self.short_messages(channels, notice, number)
                )[0]
                step.tell(f"SMS: “{message['text']}”")
