import Postgres

/// A column of an export: its name for people and what is selected for it.
struct ExportColumn: Sendable {
    /// What the values are, which says how they are written.
    enum Kind: Sendable {
        /// Somebody's words: a program that opens the file must never take them for a formula.
        case text
        /// Words and ids of the suite itself, which never begin as a formula does.
        case code
        /// Whole numbers, đồng among them.
        case number
        /// A moment, shown to the second as a clock in Vietnam says it.
        case moment
        /// A calendar day.
        case day
    }

    let vietnamese: String
    let english: String
    let kind: Kind
    let value: SQL

    init(_ vietnamese: String, _ english: String, _ kind: Kind, _ value: SQL) {
        self.vietnamese = vietnamese
        self.english = english
        self.kind = kind
        self.value = value
    }

    /// What is selected.
    ///
    /// - Parameter harmless: whether text that begins like a formula gets an apostrophe before it, as spreadsheets read
    ///   CSV and run what begins with one of these (OWASP, CSV injection).
    func selected(harmless: Bool) -> SQL {
        switch kind {
        case .text where harmless:
            """
            CASE WHEN left(\(value), 1) IN ('=', '+', '-', '@', E'\\t', E'\\r', E'\\n') THEN '''' || (\(value))
                ELSE \(value) END
            """
        case .moment: "date_trunc('second', \(value) AT TIME ZONE 'Asia/Ho_Chi_Minh')"
        case .text, .code, .number, .day: value
        }
    }
}
