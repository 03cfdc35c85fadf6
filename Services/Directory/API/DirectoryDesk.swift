import Contracts
import DirectoryDomain
import Hummingbird
import Messaging
import Postgres
import ServiceKit

/// Where the directory is kept and read over HTTP.
struct DirectoryDesk: Sendable {
    let kit: ServiceContext
    /// Whether banks can be asked about accounts.
    var isVerifiable = false

    /// Today in Vietnam.
    var today: Day { Day(containing: kit.time.now) }

    /// Who asks, and what he may do.
    func visitor(_ context: HosoRequestContext, in session: any PostgresQueryable) async throws -> Visitor {
        let caller = try context.requireCaller()
        if caller.isOperator { return Visitor(caller.subject, Authority(.operating, on: today)) }
        guard let id = caller.memberID else { throw Problem.forbidden }
        return try await visitor(id, in: session)
    }

    /// A member, and what he may do today.
    func visitor(_ id: MemberID, in session: any PostgresQueryable) async throws -> Visitor {
        let roles = try await RoleStore.open(of: id, in: session)
        return Visitor("\(id)", Authority(.member(id), roles: roles, on: today))
    }

    func register(
        _ transaction: PostgresTransaction, author: String, reason: String, effectiveOn: Day? = nil
    ) -> Register<CommandSink> {
        Register(
            transaction: transaction,
            sink: CommandSink(outbox: kit.outbox, context: kit.eventContext(), transaction: transaction),
            now: kit.time.now, author: author, reason: reason, effectiveOn: effectiveOn ?? today)
    }

    /// The organisation that a body names and those above it.
    func path(
        _ id: OrganizationID, field: String, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath {
        guard let path = try await OrganizationStore.heldPath(from: id, in: transaction) else {
            throw Problem(Faults([Faults.unknownOrganization(field)]))
        }
        return path
    }

    /// An id in the address.
    func id<Kind>(_ context: HosoRequestContext, as kind: Identifier<Kind>.Type) throws(Problem) -> Identifier<Kind> {
        guard let id = context.parameters.get("id").flatMap(Identifier<Kind>.init) else { throw .notFound }
        return id
    }

    /// Runs a rule; everything that is wrong becomes one answer.
    func checked<Result>(_ rule: () throws(Faults) -> Result) throws(Problem) -> Result {
        do {
            return try rule()
        } catch {
            throw Problem(error)
        }
    }
}

/// Who asks, and what he may do.
struct Visitor: Sendable {
    /// The subject of his token.
    let subject: String
    let authority: Authority

    init(_ subject: String, _ authority: Authority) {
        self.subject = subject
        self.authority = authority
    }
}

extension Problem {
    init(_ faults: Faults) { self = Problem.invalidFields.with(errors: faults.all.map(FieldError.init)) }

    /// The caller administers neither the place nor anything above it.
    static let outsideAuthority = Problem(
        .forbidden, id: "outside-authority", vietnamese: "Ngoài phạm vi quản trị của tài khoản",
        english: "Outside of what the account administers")

    /// Another organisation has the code.
    static let codeTaken = taken(
        "organization-code-taken", field: "code", vietnamese: "Mã định danh đã được dùng",
        english: "The code is in use")

    /// A unique value that somebody else has.
    static func taken(_ id: String, field: String, vietnamese: String, english: String) -> Problem {
        Problem(
            .conflict, id: id, vietnamese: vietnamese, english: english,
            errors: [FieldError(field: field, rule: id, vietnamese: vietnamese + ".", english: english + ".")])
    }
}

/// Why something is changed.
struct Reason: Decodable, Sendable {
    let text: String

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard (3...500).contains(text.count) else {
            throw InvalidValue(
                field: "reason", rule: "reason.length", vietnamese: "Lý do phải có từ 3 đến 500 ký tự.",
                english: "A reason has 3 to 500 characters.")
        }
        self.text = text
    }

    init(_ text: String) { self.text = text }

    /// For what is entered without one.
    static let entered = Reason("entered")
}
