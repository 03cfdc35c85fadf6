import Contracts
import Hummingbird
import Messaging
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// Where officers and applicants meet their cases over HTTP.
struct CaseDesk: Sendable {
    let kit: ServiceContext
    let cases: Cases
    let directory: DirectoryProjection

    /// Throws a problem when the copy of the roles is too old to decide by.
    func requireFreshRoles() throws {
        try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
    }

    /// The member who asks, as Directory knows him.
    func officer(_ id: MemberID, in session: any PostgresQueryable) async throws -> Officer {
        try Self.officer(await directory.member(id, in: session))
    }

    /// The member who asks, and the case with its row lock, in one round trip.
    func officer(
        _ member: MemberID, andCase id: DossierID, in transaction: PostgresTransaction
    ) async throws -> (Officer, LockedCase) {
        let answers = try await transaction.pipeline(
            CaseStore.locking(id) + [DirectoryProjection.asking(of: member)])
        let officer = try Self.officer(DirectoryProjection.member(answers[2]))
        guard let locked = try LockedCase(answers: answers) else { throw Problem.notFound }
        return (officer, locked)
    }

    private static func officer(_ state: MemberState?) throws -> Officer {
        guard let state else {
            throw Problem.forbidden.with(
                vietnamese: "Chưa có dữ liệu đảng viên của đồng chí.", english: "The directory does not know you yet.")
        }
        return Officer(state)
    }

    /// The id of the case in the address.
    func caseID(_ context: HosoRequestContext, _ name: String) throws(Problem) -> DossierID {
        guard let id = context.parameters.get(name).flatMap(DossierID.init) else { throw .notFound }
        return id
    }
}

extension Problem {
    /// What the caller is told of a refusal: the rule is the name of the problem.
    init(_ refusal: Refusal) {
        switch refusal.kind {
        case .forbidden: self.init(.forbidden, id: refusal.rule, title: refusal.text)
        case .conflict:
            let problem = Problem(.conflict, id: refusal.rule, title: refusal.text)
            self = refusal.field.map { problem.with(errors: [FieldError(refusal, field: $0)]) } ?? problem
        case .invalid: self = Problem.invalidFields.with(errors: [FieldError(refusal, field: refusal.field ?? "$")])
        }
    }
}

extension FieldError {
    fileprivate init(_ refusal: Refusal, field: String) {
        self.init(
            field: field, rule: refusal.rule, vietnamese: refusal.text.vietnamese, english: refusal.text.english)
    }
}
