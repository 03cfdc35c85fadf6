public import Contracts

/// Who makes a request, as the identity provider vouches for it.
///
/// It says nothing of positions: who is secretary of which organisation comes from each service's own projection of the
/// Directory.
public struct Caller: Sendable, Hashable {
    /// The subject of the token: a member's id, `operator:<name>` or `service:<name>`.
    public var subject: String
    /// The member, when a member asks.
    public var memberID: MemberID?
    /// How surely the person is known, 1 to 3; services and operators have the level of their own credentials.
    public var assuranceLevel: Int
    /// The roles that the provider vouches for: only those of operation, such as `hoso.operator`.
    public var roles: Set<String>
    /// What a service may do.
    public var scopes: Set<String>

    /// Describes a caller.
    public init(
        subject: String, memberID: MemberID? = nil, assuranceLevel: Int, roles: Set<String> = [],
        scopes: Set<String> = []
    ) {
        self.subject = subject
        self.memberID = memberID
        self.assuranceLevel = assuranceLevel
        self.roles = roles
        self.scopes = scopes
    }

    /// The role of those who run the suite.
    public static let operatorRole = "hoso.operator"

    /// Whether the caller may use the administration of a service.
    public var isOperator: Bool { memberID == nil && roles.contains(Self.operatorRole) }
}

/// What a request says about its caller.
enum Identity: Sendable {
    /// No token.
    case none
    /// A token that was checked.
    case caller(Caller)
    /// A token that is not accepted.
    case refused(Problem)
}
