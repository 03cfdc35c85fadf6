import Postgres

/// The table in which the rows of one import wait for the comparison; it goes with it.
///
/// It is UNLOGGED: what a crash of the server takes can be sent again, and half the writing is saved.
struct StagingTable: Sendable {
    let subject: ImportSubject
    let name: String

    init(_ subject: ImportSubject, number: Int64) {
        self.subject = subject
        name = "staged_\(subject.rawValue)_\(number)"
    }

    /// What a row has beside its line, in the order of the table: the fields by their names in the layout.
    var columns: [(name: String, field: String)] {
        switch subject {
        case .members: Self.members
        case .organizations: Self.organizations
        case .figures: Self.figures
        }
    }

    private static let members: [(name: String, field: String)] = [
        ("source_id", "sourceId"), ("personal_id", "personalId"), ("full_name", "fullName"), ("sex", "sex"),
        ("birth_date", "birthDate"), ("card_number", "cardNumber"), ("record_number", "recordNumber"),
        ("joined_on", "joinedOn"), ("recognised_on", "recognisedOn"), ("cell_code", "cellCode"),
        ("residence_cell_code", "residenceCellCode"), ("state", "state"), ("dues_category", "duesCategory"),
        ("change", "change"),
    ]
    private static let organizations: [(name: String, field: String)] = [
        ("code", "code"), ("type", "type"), ("name", "name"), ("parent_code", "parentCode"),
        ("residential", "residential"), ("dues_region", "duesRegion"), ("meeting_day", "meetingDay"),
        ("change", "change"),
    ]
    private static let figures: [(name: String, field: String)] = [
        ("personal_id", "personalId"), ("insurance_number", "insuranceNumber"), ("month", "month"), ("kind", "kind"),
        ("employer_code", "employerCode"), ("employer_name", "employerName"), ("amount", "amount"),
    ]

    func create(in transaction: PostgresTransaction) async throws {
        // All values are texts that the layout has checked.
        let columns = columns.map { "\($0.name) text" }.joined(separator: ", ")
        try await transaction.execute(
            "CREATE UNLOGGED TABLE \(identifier: name) (line bigint NOT NULL, \(unsafe: columns))")
    }

    var copy: SQL { "COPY \(identifier: name) FROM STDIN" }

    /// Tells the planner what came.
    func analyze(in transaction: PostgresTransaction) async throws {
        try await transaction.execute("ANALYZE \(identifier: name)")
    }

    func count(in transaction: PostgresTransaction) async throws -> Int64 {
        try await transaction.queryOne("SELECT count(*) AS n FROM \(identifier: name)").get("n")
    }

    func drop(in transaction: PostgresTransaction) async throws {
        try await transaction.execute("DROP TABLE \(identifier: name)")
    }
}
