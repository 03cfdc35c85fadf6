import Contracts
import Postgres

/// What can be exported; the stable names in addresses.
enum ExportName: String, Sendable, CaseIterable {
    case payments
    case assessments
    case postings
    case exceptions
    case report
}

/// As what a file goes out.
enum ExportFormat: Sendable, Equatable {
    /// Values separated as RFC 4180 says, in UTF-8, with the mark in front by which Excel knows it when `hasMark`.
    case csv(ExportSeparator, hasMark: Bool)
    /// A workbook of Office Open XML.
    case xlsx
}

/// What stands between the values of CSV. Excel opens the semicolon where the decimal sign is a comma, as in Vietnam.
enum ExportSeparator: String, Sendable {
    case comma = ","
    case semicolon = ";"
}

/// A question whose rows go out as a file.
struct Export: Sendable {
    let places: ReportPlaces
    let columns: [ExportColumn]
    /// The query that gives the columns' values, from what is selected for each.
    let query: @Sendable (SQL) -> SQL

    /// The COPY that gives the rows, as PostgreSQL's CSV, or for a workbook in its text format.
    func copy(as format: ExportFormat) throws(PostgresError) -> SQL {
        let isCSV = format != .xlsx
        var list: SQL = ""
        for (index, column) in columns.enumerated() {
            list = "\(list)\(unsafe: index == 0 ? "" : ", ")\(column.selected(harmless: isCSV))"
        }
        let options: SQL =
            switch format {
            case .csv(let separator, _): "FORMAT csv, DELIMITER '\(unsafe: separator.rawValue)'"
            case .xlsx: "FORMAT text"
            }
        return try ("COPY (\(query(list))) TO STDOUT (\(options))" as SQL).writtenOut()
    }
}
