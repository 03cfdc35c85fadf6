import Contracts
import Hummingbird
import ServiceKit

/// What every list may be asked for: of which organisation, which page of it.
struct ListQuery {
    let organization: OrganizationID?
    let limit: Int
    let after: UUIDv7?

    init(_ parameters: Parameters) throws(Problem) {
        limit = try Self.limit(parameters)
        after = try Self.id(parameters, "after")
        organization = try Self.id(parameters, "organizationId").map { OrganizationID($0) }
    }

    /// How many entries a page has.
    static func limit(_ parameters: Parameters) throws(Problem) -> Int {
        let given = parameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(given) else { throw invalid("limit", "phải từ 1 đến 200", "must be 1 to 200") }
        return given
    }

    private static func id(_ parameters: Parameters, _ name: String) throws(Problem) -> UUIDv7? {
        guard let text = parameters.get(name) else { return nil }
        guard let id = UUIDv7(text) else { throw invalid(name, "không phải mã định danh", "is not an identifier") }
        return id
    }

    /// That a parameter does not have its form; the texts go on after its name.
    static func invalid(_ name: String, _ vietnamese: String, _ english: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) \(vietnamese).",
                english: "The parameter \(name) \(english).")
        ])
    }
}
