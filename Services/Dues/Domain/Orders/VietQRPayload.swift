public import Contracts

/// What a VietQR code says: a transfer to an account, with the amount and the memo filled in.
///
/// EMVCo merchant-presented mode: each field is two digits of its name, two of its length, and its text; the last one is
/// a CRC-16/CCITT-FALSE over all before it. Service `QRIBFTTA` of the network `A000000727` is the transfer to an account.
public struct VietQRPayload: Hashable, Sendable {
    public let text: String

    /// The payload of an order; nil when its account cannot stand in a code: a bank without a number of six digits, or an
    /// account number that is not 1 to 19 letters and digits.
    ///
    /// - Parameters:
    ///   - bin: the bank's number in the network (BIN).
    ///   - reference: the memo that the transfer will carry, by which its money is known again.
    public init?(bin: String, account: String, amount: Dong, reference: PaymentReference) {
        guard bin.utf8.count == 6, bin.utf8.allSatisfy(Self.isDigit), (1...19).contains(account.utf8.count),
            account.utf8.allSatisfy({ Self.isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }),
            amount > .zero
        else { return nil }
        let beneficiary = Self.field("00", bin) + Self.field("01", account)
        let service = Self.field("00", "A000000727") + Self.field("01", beneficiary) + Self.field("02", "QRIBFTTA")
        let fields = [
            Self.field("00", "01"),
            // For one payment.
            Self.field("01", "12"),
            Self.field("38", service), Self.field("53", "704"), Self.field("54", String(amount.amount)),
            Self.field("58", "VN"), Self.field("62", Self.field("08", reference.text)),
        ]
        let signed = fields.joined() + "6304"
        text = signed + Self.hexadecimal(Self.checksum(signed.utf8))
    }

    private static func field(_ name: String, _ value: String) -> String {
        let length = value.utf8.count
        return name + (length < 10 ? "0\(length)" : "\(length)") + value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func hexadecimal(_ number: UInt16) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0xFFFF) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
                sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
            }
        }
    }
}

/// Which number (BIN) each bank has in the network.
public struct BankNumbers: Hashable, Sendable {
    private let numbers: [String: String]

    /// - Parameter numbers: by the banks' codes.
    public init(_ numbers: [String: String]) { self.numbers = numbers }

    /// The payload for an order, as far as its account has a bank that is known here; a bank code that is a number
    /// already is that number.
    public func payload(of order: PaymentOrder) -> VietQRPayload? {
        guard let account = order.payeeAccount else { return nil }
        return VietQRPayload(
            bin: numbers[account.bankCode] ?? account.bankCode, account: account.accountNumber, amount: order.total,
            reference: order.reference)
    }
}
