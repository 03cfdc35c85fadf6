import Contracts

/// The rules of plain texts: names, addresses, numbers.
enum TextRule {
    /// The longest name that is kept, in characters.
    static let longestName = 300

    /// The text without spaces around it or repeated within it.
    static func tidy(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    static func name(_ text: String, field: String) -> [InvalidValue] {
        let isRight =
            !text.isEmpty && text.count <= longestName
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard !isRight else { return [] }
        return [
            InvalidValue(
                field: field, rule: "name.form", vietnamese: "Tên không được trống và không quá \(longestName) ký tự.",
                english: "A name is not empty and has at most \(longestName) characters.")
        ]
    }

    /// Only what would surely not arrive is refused; whether an address exists, only a letter to it shows.
    static func email(_ text: String, field: String) -> [InvalidValue] {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isRight =
            text.utf8.count <= 254 && parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
            && parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !isRight else { return [] }
        return [
            InvalidValue(
                field: field, rule: "email.form", vietnamese: "Địa chỉ thư điện tử không đúng dạng.",
                english: "Not an address for mail.")
        ]
    }

    /// International form, as E.164 writes it: + and 8 to 15 digits.
    static func phone(_ text: String, field: String) -> [InvalidValue] {
        let digits = text.utf8.dropFirst()
        let isRight =
            text.utf8.first == UInt8(ascii: "+") && (8...15).contains(digits.count)
            && digits.allSatisfy { (0x30...0x39).contains($0) } && digits.first != 0x30
        guard !isRight else { return [] }
        return [
            InvalidValue(
                field: field, rule: "phone.form", vietnamese: "Số điện thoại phải có dạng quốc tế, ví dụ +84….",
                english: "A phone number is written in international form, such as +84….")
        ]
    }

    static func account(_ account: OrganizationState.BankAccount, field: String) -> [InvalidValue] {
        var faults = name(account.holderName, field: "\(field).holderName")
        let letters = (account.bankCode + account.accountNumber).utf8
        if !(1...11).contains(account.bankCode.utf8.count) || !(1...34).contains(account.accountNumber.utf8.count)
            || !letters.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        {
            faults.append(
                InvalidValue(
                    field: field, rule: "bank-account.form",
                    vietnamese: "Mã ngân hàng và số tài khoản chỉ gồm chữ in hoa và chữ số.",
                    english: "Bank code and account number have capital letters and digits only."))
        }
        if let to = account.to, to < account.from { faults.append(period("\(field).to")) }
        return faults
    }

    static func period(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "period.order", vietnamese: "Ngày cuối không được trước ngày đầu.",
            english: "The last day is not before the first one.")
    }

    static func isPeriod(_ period: OrganizationState.OpeningPeriod) -> Bool {
        guard let opens = minutes(period.opens), let closes = minutes(period.closes) else { return false }
        return opens < closes
    }

    private static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard text.utf8.count == 5, parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hours = UInt(parts[0]), let minutes = UInt(parts[1]), hours < 24 && minutes < 60
        else { return nil }
        return Int(hours * 60 + minutes)
    }
}
