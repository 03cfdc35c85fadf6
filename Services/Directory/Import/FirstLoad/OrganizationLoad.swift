import Contracts
import DirectoryDomain
import Postgres
import ServiceKit

/// Enters organisations of a first load, those above before those below.
struct OrganizationLoad: Sendable {
    /// The types in an order in which each comes after all that it may hang under.
    static let levels: [OrganizationType] = [
        .central, .provincial, .agencyCentral, .external, .commune, .superiorOfBase, .baseOrganisation, .baseCell,
        .section, .subordinateCell, .group,
    ]

    private let load: FirstLoad

    init(_ load: FirstLoad) { self.load = load }

    /// - Returns: how many were entered, and up to which place of the order; no place when none is left.
    func enter(after place: Int64, limit: Int) async throws -> (entered: Int, reached: Int64?) {
        let order = FirstLoad.order(of: .organizations)
        let rows = try await load.transaction.query(
            """
            SELECT s.*, \(unsafe: order) AS place, EXISTS (SELECT FROM \(identifier: load.twins) t
                WHERE t.field = 'code' AND t.value = s.code) AS is_twin
            FROM \(identifier: load.table.name) s
            WHERE \(unsafe: order) > \(place) ORDER BY \(unsafe: order) LIMIT \(limit)
            """)
        var known = try await parents(of: rows)
        var loaded: [Organization] = []
        for row in rows {
            let isTwin: Bool = try row.get("is_twin")
            guard !isTwin, let organization = try organization(row, known) else { continue }
            known[organization.code.text] = organization
            loaded.append(organization)
        }
        try await load.register.add(loaded)
        return (loaded.count, try rows.last?.get("place"))
    }

    private func parents(of rows: [PostgresRow]) async throws -> [String: Organization] {
        let codes = Set(try rows.compactMap { try $0.get("parent_code", as: String?.self) })
        let found: [Organization] = try await load.transaction.query(
            "SELECT document FROM organizations WHERE code = ANY (\(Array(codes)))"
        ).map(Documents.read)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.code.text, $0) })
    }

    /// The organisation; nothing where the rules do not allow it.
    private func organization(_ row: PostgresRow, _ known: [String: Organization]) throws -> Organization? {
        let parentCode: String? = try row.get("parent_code")
        var above: OrganizationPath?
        if let parentCode {
            // One whose parent is not there has no place.
            guard let parent = known[parentCode] else { return nil }
            above = OrganizationPath([parent])
        }
        guard let code = try? OrganizationCode(try row.get("code", as: String.self)) else { return nil }
        let region = try row.get("dues_region", as: String?.self).flatMap(DuesRegion.init)
        let draft = OrganizationDraft(
            code: code, name: try row.get("name"), type: try row.choice("type"), parentId: above?.first?.id,
            residential: try row.get("residential", as: String?.self) == "true",
            duesRegion: region ?? above?.first?.duesRegion ?? .one,
            meetingDay: try row.get("meeting_day", as: String?.self).flatMap { Int($0) })
        return try? Organization.founded(load.kit.ids.next(at: load.kit.time.now), draft, under: above)
    }
}
