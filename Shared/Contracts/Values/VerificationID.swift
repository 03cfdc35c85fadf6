/// The public identifier by which anyone verifies a result: random, so that it says nothing about its holder.
///
/// Fifteen characters of five random bits and a check character, written `7K3M-9QXA-2BTD-0H5B`.
public struct VerificationID: CheckedText {
    public static var fieldName: String { "verificationId" }
    public let text: String

    /// Reads the id as people type it: any case, with or without dashes, O for 0, I or L for 1.
    public init(checking text: String, field: String) throws(InvalidValue) {
        guard text.utf8.count <= 40, let plain = UnambiguousText.normalized(text), plain.utf8.count == 16,
            UnambiguousText.isIntact(plain)
        else {
            throw InvalidValue(
                field: field, rule: "verification-id.form",
                vietnamese: "Mã tra cứu không đúng, hãy kiểm tra từng ký tự.",
                english: "The verification code is not right; check each character.")
        }
        self.text = plain.grouped(4)
    }

    private init(plain: String) { text = plain.grouped(4) }

    /// A new id; 75 random bits.
    public static func make(using generator: inout some RandomNumberGenerator) -> VerificationID {
        VerificationID(plain: UnambiguousText.make(15, using: &generator))
    }

    /// A new id from the system's random source.
    public static func make() -> VerificationID {
        var generator = SystemRandomNumberGenerator()
        return make(using: &generator)
    }
}
