import Contracts

/// Reads a bank's statement (ISO 20022 camt.053): every booked credit is a payment, a debit that takes one back a
/// reversal; other debits are none of ours. Entries are counted and summed against the summary that the statement gives.
struct StatementReader {
    private var tokens: StatementTokens
    private let layout: SettlementLayout
    private var path: [String] = []
    private var text = ""
    private var textPlace = (line: 1, column: 1)
    private var account: String?
    private var entry = StatementEntry()
    private var summary: [String: (value: String, line: Int, column: Int)] = [:]
    private var count = 0
    private var sum = Dong.zero
    private var number = 0
    private var waiting: [SettlementLine] = []
    private var statements = 0

    init(_ bytes: CountedBytes, _ layout: SettlementLayout) {
        tokens = StatementTokens(bytes)
        self.layout = layout
    }

    mutating func next() throws -> SettlementLine? {
        while waiting.isEmpty {
            guard let token = try tokens.next() else {
                guard statements > 0 else { throw SettlementFault(line: 1, rule: .heading) }
                return nil
            }
            switch token {
            case .start(let name, let attributes): try start(name, attributes)
            case .text(let piece):
                if text.isEmpty { textPlace = tokens.place }
                text += piece
                guard text.utf8.count <= CountedBytes.longest else { throw fault(.tooLong) }
            case .end(let name): try end(name)
            }
        }
        return waiting.removeFirst()
    }

    private func fault(_ rule: SettlementFault.Rule) -> SettlementFault {
        SettlementFault(line: textPlace.line, column: textPlace.column, rule: rule)
    }

    private mutating func start(_ name: String, _ attributes: [String: String]) throws {
        textPlace = tokens.place
        if path.isEmpty || path == ["Document"] {
            guard name == ["Document", "BkToCstmrStmt"][path.count] else { throw fault(.heading) }
        }
        path.append(name)
        text = ""
        switch name {
        case "Stmt":
            statements += 1
            (account, summary, count, sum) = (nil, [:], 0, .zero)
        case "Ntry": entry = StatementEntry(place: tokens.place)
        case "TxDtls": entry.details.append(StatementEntry.Detail(place: tokens.place))
        case "Amt" where path.contains("Ntry"):
            guard attributes["Ccy"] == "VND" else { throw fault(.currency) }
        default: break
        }
    }

    private mutating func end(_ name: String) throws {
        let value = text.trimmingWhitespace
        let inside = path.drop { $0 != "Stmt" }.dropFirst().joined(separator: "/")
        path.removeLast()
        text = ""
        switch inside {
        case "": if name == "Stmt" { try checkSummary() }
        case "Acct/Id/Othr/Id", "Acct/Id/IBAN": account = value
        case "Ntry": try finishEntry()
        case _ where inside.hasPrefix("TxsSummry/TtlNtries/"):
            summary[name] = (value, textPlace.line, textPlace.column)
        case _ where inside.hasPrefix("Ntry/"): try note(String(inside.dropFirst(5)), value)
        default: break
        }
    }

    private mutating func note(_ inside: String, _ value: String) throws {
        switch inside {
        case "Amt":
            entry.amount = try amount(value)
        case "CdtDbtInd": entry.isCredit = value == "CRDT"
        case "RvslInd": entry.isReversal = value == "true" || value == "1"
        case "Sts", "Sts/Cd": if !value.isEmpty { entry.isBooked = value == "BOOK" }
        case "BookgDt/Dt", "BookgDt/DtTm":
            guard let day = layout.dates.day(String(value.prefix(10))) else { throw fault(.date) }
            entry.day = day
        case "AcctSvcrRef": entry.bankReference = value
        case _ where inside.hasPrefix("NtryDtls/TxDtls/"):
            guard let last = entry.details.indices.last else { return }
            switch inside.dropFirst(16) {
            case "Amt", "AmtDtls/TxAmt/Amt": entry.details[last].amount = try amount(value)
            case "Refs/AcctSvcrRef": entry.details[last].bankReference = value
            case let field:
                if layout.references?.contains(String(field)) ?? false {
                    entry.details[last].texts.append(value)
                }
            }
        default: break
        }
    }

    private func amount(_ value: String) throws -> Dong {
        guard let amount = layout.amount(value) else { throw fault(.amount) }
        return amount
    }

    private mutating func finishEntry() throws {
        guard let total = entry.amount else { throw entry.fault(.amount) }
        count += 1
        sum += total
        guard entry.isBooked, entry.isCredit != entry.isReversal else { return }
        guard let day = entry.day else { throw entry.fault(.date) }
        if entry.details.isEmpty { entry.details = [StatementEntry.Detail(place: entry.place)] }
        if entry.details.count == 1, entry.details[0].amount == nil { entry.details[0].amount = total }
        let amounts = entry.details.compactMap(\.amount)
        guard amounts.count == entry.details.count, amounts.sum() == total else { throw entry.fault(.netDiffers) }
        for (index, detail) in entry.details.enumerated() {
            let own =
                detail.bankReference
                ?? entry.bankReference.map { entry.details.count == 1 ? $0 : "\($0)/\(index + 1)" }
            guard let own, own.isTransactionName else { throw detail.fault(.transaction) }
            number += 1
            waiting.append(
                SettlementLine(
                    number: number, reference: detail.reference, transaction: own, gross: amounts[index], fee: .zero,
                    net: amounts[index], settledOn: day, isReversal: entry.isReversal, account: account))
        }
    }

    private func checkSummary() throws {
        let missing = SettlementFault(line: textPlace.line, rule: .trailerMissing)
        guard let given = summary["NbOfNtries"] else { throw missing }
        guard Int(given.value) == count else {
            throw SettlementFault(line: given.line, column: given.column, rule: .trailerCount)
        }
        guard let total = summary["Sum"] else { throw missing }
        guard layout.amount(total.value) == sum else {
            throw SettlementFault(line: total.line, column: total.column, rule: .trailerSum)
        }
    }
}

/// An entry of a statement while it is read.
struct StatementEntry {
    struct Detail {
        let place: (line: Int, column: Int)
        var amount: Dong?
        var bankReference: String?
        var texts: [String] = []

        /// The first word that could be a reference of ours; otherwise what the payer wrote, so far as it fits.
        var reference: String {
            let words = texts.flatMap { $0.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) } }.map(String.init)
            let ours = words.first {
                $0.uppercased().hasPrefix("DP") && (try? PaymentReference(typed: $0)) != nil
            }
            if let ours { return ours }
            let visible = (texts.first { !$0.isEmpty } ?? "").unicodeScalars.filter(\.isPrinted)
            let written = String(String.UnicodeScalarView(visible.prefix(16))).trimmingWhitespace
            return written.isEmpty ? "NOTPROVIDED" : written
        }

        func fault(_ rule: SettlementFault.Rule) -> SettlementFault {
            SettlementFault(line: place.line, column: place.column, rule: rule)
        }
    }

    var place = (line: 1, column: 1)
    var amount: Dong?
    var isCredit = false
    var isReversal = false
    var isBooked = true
    var day: Day?
    var bankReference: String?
    var details: [Detail] = []

    func fault(_ rule: SettlementFault.Rule) -> SettlementFault {
        SettlementFault(line: place.line, column: place.column, rule: rule)
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        let start = drop(while: \.isWhitespace)
        return String(start.dropLast(start.reversed().prefix(while: \.isWhitespace).count))
    }
}
