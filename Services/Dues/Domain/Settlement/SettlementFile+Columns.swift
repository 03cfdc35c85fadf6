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

    init(_ heading: [String], layout: SettlementLayout) throws(SettlementFault) {
        func place(_ name: String) throws(SettlementFault) -> Int {
            let places = heading.indices.filter { heading[$0] == name }
            guard let place = places.first, places.count == 1 else {
                throw SettlementFault(line: 1, column: places.last.map { $0 + 1 }, rule: .heading)
            }
            return place
        }
        reference = try place(layout.columns.reference)
        transaction = try place(layout.columns.transaction)
        gross = try place(layout.columns.gross)
        fee = try place(layout.columns.fee)
        net = try place(layout.columns.net)
        settledOn = try place(layout.columns.settledOn)
        if let name = layout.columns.kind { kind = try place(name) } else { kind = nil }
        if let name = layout.columns.account { account = try place(name) } else { account = nil }
    }

    func line(_ fields: [String], number: Int, layout: SettlementLayout) throws(SettlementFault) -> SettlementLine {
        func amount(_ place: Int) throws(SettlementFault) -> Dong {
            guard let amount = layout.amount(fields[place]) else {
                throw SettlementFault(line: number, column: place + 1, rule: .amount)
            }
            return amount
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
        return SettlementLine(
            number: number, reference: try name(reference, .reference, \.isPrinted),
            transaction: try name(transaction, .transaction, \.isOfTransaction), gross: amounts.gross, fee: amounts.fee,
            net: amounts.net, settledOn: day,
            isReversal: kind.map { layout.reversalKinds?.contains(fields[$0]) ?? false } ?? false,
            account: account.map { fields[$0] })
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
    fileprivate var isPrinted: Bool {
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

extension SettlementLayout {
    /// The amount of a column: digits only, with the layout's grouping; nil for anything else, and for fractions.
    func amount(_ text: String) -> Dong? {
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
