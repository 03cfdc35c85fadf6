import Contracts
import DirectoryDomain
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/identities`: the identity provider asks whom a VNeID identity belongs to.
extension DirectoryDesk {
    /// What the token of the identity provider must be good for.
    static let identityScope = "hoso.identity"

    func addIdentities(to router: Router<HosoRequestContext>) {
        router.post("/v1/identities") { request, context in
            let caller = try mustBindIdentities(context)
            return try await kit.idempotent(request, context, as: IdentityBody.self) { body, transaction in
                let identity = try await identity(body, by: caller, in: transaction)
                return try .json(.ok, identity)
            }
        }
        router.post("/v1/identities/:id/correction") { request, context in
            let caller = try mustBindIdentities(context)
            guard let id = context.parameters.get("id").flatMap(UUIDv7.init) else { throw Problem.notFound }
            return try await kit.idempotent(request, context, as: IdentityCorrectionBody.self) { body, transaction in
                guard try await IdentityStore.read(id, in: transaction) != nil else { throw Problem.notFound }
                let place = try await path(body.organizationId, field: "organizationId", in: transaction)
                let request = MemberRequest(
                    id: kit.ids.next(at: kit.time.now), matter: .identity, memberId: nil,
                    organizationId: place.first?.id ?? body.organizationId, identityId: id, text: body.text.text,
                    openedAt: kit.time.now)
                try await open(request, by: caller, in: transaction)
                return try .json(.created, RequestView(request))
            }
        }
    }

    private func mustBindIdentities(_ context: HosoRequestContext) throws(Problem) -> String {
        let caller = try context.requireCaller()
        guard caller.isOperator || caller.scopes.contains(Self.identityScope) else { throw .forbidden }
        return caller.subject
    }

    /// What is known of an identity; one that is not bound is looked for again each time, for data is put right.
    private func identity(
        _ body: IdentityBody, by subject: String, in transaction: PostgresTransaction
    ) async throws -> IdentityStore.Identity {
        if let known = try await IdentityStore.read(subject: body.subject, in: transaction), known.state == .bound {
            return known
        }
        var match = try await match(body, in: transaction)
        if let member = match.memberId {
            // Two identities that fit one member are bound one after the other, not both: under his row it is seen.
            _ = try await MemberStore.read(member, lock: .update, in: transaction)
            match = try await self.match(body, in: transaction)
        }
        let identity = try await IdentityStore.keep(
            kit.ids.next(at: kit.time.now), subject: body.subject, match, at: kit.time.now, in: transaction)
        if identity.state == .bound { try await settleRequests(about: identity.identityId, in: transaction) }
        try await kit.audit.record(
            "identity.looked-up", subject: "\(identity.memberId.map { "\($0)" } ?? "\(identity.identityId)")",
            actor: subject, in: transaction)
        return identity
    }

    private func match(_ body: IdentityBody, in transaction: PostgresTransaction) async throws -> IdentityMatch {
        IdentityMatch(
            body.person,
            among: try await IdentityStore.candidates(body.person, subject: body.subject, in: transaction))
    }

    /// The data was put right and the identity found its member: what was asked about it is done.
    private func settleRequests(about identity: UUIDv7, in transaction: PostgresTransaction) async throws {
        guard let open = try await RequestStore.open(about: identity, in: transaction) else { return }
        let settled = try checked { () throws(Faults) in
            try open.settled(
                as: .accepted, answer: "Đã tìm thấy đảng viên theo dữ liệu mới.", by: ServiceName.directory.source,
                at: kit.time.now)
        }
        try await RequestStore.update(settled, in: transaction)
    }
}

/// The body of `POST /v1/identities`.
struct IdentityBody: Decodable, Sendable {
    /// As the provider names him.
    let subject: String
    let person: IdentityMatch.Person

    private enum Key: CodingKey { case subject, personalId, fullName, birthDate }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        subject = try fields.decode(String.self, forKey: .subject)
        guard (1...200).contains(subject.utf8.count), subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw InvalidValue(
                field: "subject", rule: "identity.subject",
                vietnamese: "Mã chủ thể phải có từ 1 đến 200 ký tự ASCII in được, không có dấu cách.",
                english: "The subject has 1 to 200 printable ASCII characters without blanks.")
        }
        person = IdentityMatch.Person(
            personalID: try fields.decode(PersonalID.self, forKey: .personalId),
            fullName: try fields.decode(String.self, forKey: .fullName),
            birthDate: try fields.decode(Day.self, forKey: .birthDate))
    }
}

/// The body of `POST /v1/identities/{id}/correction`.
struct IdentityCorrectionBody: Decodable, Sendable {
    /// The cell or committee that he says he belongs to.
    let organizationId: OrganizationID
    let text: RequestText
}
