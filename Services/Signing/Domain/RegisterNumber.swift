public import Contracts

/// A number in the register of results of a body (số và ký hiệu): `<number>-<type>/<body>`, for example `12-GGT/ĐU`.
public struct RegisterNumber: Hashable, Sendable, CustomStringConvertible {
    /// From 1, without gaps for each body and kind of document.
    ///
    /// The numbers never begin anew: they stand in the result's code, which must not come twice (C).
    public let number: Int
    /// The code of the kind of document, for example `GGT`.
    public let documentType: String
    /// The symbol of the body, for example `ĐU`.
    public let body: String

    public init(number: Int, documentType: String, body: String) {
        self.number = number
        self.documentType = documentType
        self.body = body
    }

    public var description: String { "\(number)-\(documentType)/\(body)" }

    /// The symbol of a body by its type (C).
    public static func symbol(of type: OrganizationType) -> String {
        switch type {
        case .central: "TW"
        case .provincial: "TU"
        case .agencyCentral, .commune, .superiorOfBase, .baseOrganisation: "ĐU"
        case .section: "ĐBBP"
        case .baseCell, .subordinateCell, .group: "CB"
        case .external: "TCĐ"
        }
    }
}
