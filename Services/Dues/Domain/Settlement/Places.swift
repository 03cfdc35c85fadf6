import Contracts

/// Where the columns of a layout stand in a file.
struct Places {
    private let reference: Int
    private let transaction: Int
    private let gross: Int
    private let fee: Int
    private let net: Int
    private let settledOn: Int
    private let kind: Int?
    private let account: Int?

    init(_ heading: [String], layout: SettlementLayout, line: Int) throws(SettlementFault) {
        func place(_ name: String) throws(SettlementFault) -> Int {
            let places = heading.indices.filter { heading[$0] == name }
            guard let place = places.first, places.count == 1 else {
                throw SettlementFault(line: line, column: places.last.map { $0 + 1 }, rule: .heading)
            }
            return place
        }
        guard let columns = layout.columns else { throw SettlementFault(line: line, rule: .heading) }
        reference = try place(columns.reference)
        transaction = try place(columns.transaction)
        gross = try place(columns.gross)
        fee = try place(columns.fee)
        net = try place(columns.net)
        settledOn = try place(columns.settledOn)
        if let name = columns.kind { kind = try place(name) } else { kind = nil }
        if let name = columns.account { account = try place(name) } else { account = nil }
    }

    func dateFault(line: Int) -> SettlementFault {
        SettlementFault(line: line, column: settledOn + 1, rule: .dateDiffers)
    }

    /// The line, and its gross as the file adds it up: a reversal may be told by a minus, by its kind, or by both.
    func line(
        _ fields: [String], number: Int, layout: SettlementLayout
    ) throws(SettlementFault) -> (line: SettlementLine, told: Dong) {
        let isNegative = fields[gross].hasPrefix("-")
        func amount(_ place: Int) throws(SettlementFault) -> Dong {
            // Beside a gross without a minus nothing has one.
            let hasMinus = isNegative && fields[place].hasPrefix("-")
            guard let amount = layout.amount(hasMinus ? String(fields[place].dropFirst()) : fields[place]) else {
                throw SettlementFault(line: number, column: place + 1, rule: .amount)
            }
            return hasMinus == isNegative ? amount : -amount
        }
        func name(
            _ place: Int, _ rule: SettlementFault.Rule, _ isAllowed: (Unicode.Scalar) -> Bool
        ) throws(SettlementFault) -> String {
            let name = fields[place].trimmingBlanks
            guard (1...64).contains(name.utf8.count), name.unicodeScalars.allSatisfy(isAllowed) else {
                throw SettlementFault(line: number, column: place + 1, rule: rule)
            }
            return name
        }
        guard let day = layout.dates.day(fields[settledOn]) else {
            throw SettlementFault(line: number, column: settledOn + 1, rule: .date)
        }
        let amounts = (gross: try amount(gross), fee: try amount(fee), net: try amount(net))
        guard amounts.gross == amounts.fee + amounts.net else {
            throw SettlementFault(line: number, column: net + 1, rule: .netDiffers)
        }
        let isReversal = kind.map { layout.reversalKinds?.contains(fields[$0]) ?? false } ?? false
        let line = SettlementLine(
            number: number, reference: try name(reference, .reference, \.isPrinted),
            transaction: try name(transaction, .transaction, \.isOfTransaction), gross: amounts.gross, fee: amounts.fee,
            net: amounts.net, settledOn: day,
            isReversal: isReversal || isNegative, account: account.map { fields[$0] })
        return (line, isNegative ? -line.gross : line.gross)
    }
}

extension String {
    /// Without the spaces at its ends; whatever else is invisible is for the check of the name.
    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " }
        return String(start.dropLast(start.reversed().prefix { $0 == " " }.count))
    }
}

extension Unicode.Scalar {
    /// Whether it can be seen: no control, no direction mark, no line break.
    var isPrinted: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// Whether a gateway's number of a transaction may have it: ASCII letters, digits and `-._/:`.
    fileprivate var isOfTransaction: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "/", ":": true
        default: false
        }
    }
}

extension String {
    /// Whether a gateway's number of a transaction may be written so.
    var isTransactionName: Bool { (1...64).contains(utf8.count) && unicodeScalars.allSatisfy(\.isOfTransaction) }
}

extension SettlementLayout {
    /// The amount of a column: digits only, with the layout's grouping; nil for anything else, and for fractions.
    func amount(_ text: String) -> Dong? {
        var text = text
        if amounts.zeroFraction ?? false, let point = text.firstIndex(of: ".") {
            let fraction = text[point...].dropFirst()
            guard (1...5).contains(fraction.count), fraction.allSatisfy({ $0 == "0" }) else { return nil }
            text = String(text[..<point])
        }
        let digits = amounts.grouping.map { text.replacing($0, with: "") } ?? text
        guard let units = try? Dong(checking: digits), units.amount % amounts.unitsPerDong == 0 else { return nil }
        return Dong(units.amount / amounts.unitsPerDong)
    }
}

extension SettlementLayout.DateForm {
    func day(_ text: String) -> Day? {
        let parts: [Substring] =
            switch self {
            case .iso: text.split(separator: "-", omittingEmptySubsequences: false)
            case .dayFirst: text.split(separator: "/", omittingEmptySubsequences: false).reversed()
            case .compact: [text.prefix(4), text.dropFirst(4).prefix(2), text.dropFirst(6)]
            }
        return try? Day(parts.joined(separator: "-"))
    }
}
