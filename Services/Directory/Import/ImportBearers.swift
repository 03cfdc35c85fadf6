import Contracts
import DirectoryDomain
import Postgres
import ServiceKit

/// Who brings files of the whole country in and takes them out: operators, and administrators of the central
/// organisation or of a body that is named for it; of that itself, not of something above.
struct ImportBearers: Sendable {
    let desk: DirectoryDesk
    /// Codes of organisations whose administrators may, beside the central organisation's.
    private let bodies: [String]

    init(_ desk: DirectoryDesk) throws {
        self.desk = desk
        bodies = try desk.kit.settings.list("directory.imports.bodies")
    }

    /// - Throws: a problem for anybody else.
    func require(_ context: HosoRequestContext) async throws -> Visitor {
        let pool = desk.kit.pool
        let visitor = try await desk.visitor(context, in: pool)
        guard visitor.authority.holder != .operating else { return visitor }
        let places: [Organization] = try await pool.query(
            """
            SELECT document FROM organizations
            WHERE (type = \(OrganizationType.central.rawValue) OR code = ANY (\(bodies))) AND status = 'active'
            """
        ).map(Documents.read)
        guard places.contains(where: { visitor.authority.administers(OrganizationPath([$0])) }) else {
            throw Problem.outsideAuthority
        }
        return visitor
    }
}
