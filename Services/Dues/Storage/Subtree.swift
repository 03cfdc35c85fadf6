import Contracts
import Postgres

/// An organisation with everything below it.
enum Subtree {
    /// The table `subtree (id)` for a `WITH RECURSIVE`; empty without an organisation.
    static func table(below organization: OrganizationID?) -> SQL {
        guard let organization else { return "subtree (id) AS (SELECT NULL::uuid WHERE false)" }
        return """
            subtree (id) AS (
                SELECT \(organization)::uuid
                UNION SELECT o.id FROM subtree s JOIN directory_organizations o ON o.parent_id = s.id
            )
            """
    }
}
