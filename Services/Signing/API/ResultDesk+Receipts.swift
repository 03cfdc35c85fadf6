import Contracts
import HTTPTypes
import Hummingbird
import Postgres
import Projections
import ServiceKit
import SigningDomain

/// `GET /v1/receipts/{receiptId}/document`: the sealed receipt, always the same bytes, for the payer, the member whose
/// dues alone it is about, and the officers of the body that issued it or of the member's cell.
///
/// A receipt of a list names many: a member of the list does not read what the others pay.
extension ResultDesk {
    func addReceipts(to router: Router<HosoRequestContext>) {
        router.get("/v1/receipts/:id/document") { _, context in
            let member = try context.requireMember()
            guard let id = context.parameters.get("id").flatMap({ ReceiptID($0) }) else { throw Problem.notFound }
            return try await kit.pool.transaction { transaction in
                guard let receipt = try await ReceiptStore.sealed(id, in: transaction) else { throw Problem.notFound }
                try await requireReader(member.id, of: receipt.request, in: transaction)
                try await kit.audit.record(
                    "receipt.document-read", subject: "\(id)", actor: "\(member.id)", in: transaction)
                return Reply(
                    .ok, headers: Self.headers(of: receipt.verificationId, sha256: receipt.sha256),
                    body: receipt.document)
            }
        }
    }

    private func requireReader(
        _ reader: MemberID, of request: ReceiptDocumentRequested, in transaction: PostgresTransaction
    ) async throws {
        if reader == request.payerMemberId { return }
        let members = Set(request.lines.map(\.memberId))
        if members == [reader] { return }
        try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
        var bodies: Set = [request.issuingOrganizationId]
        if let only = members.first, members.count == 1,
            let state = try await directory.member(only, in: transaction)
        {
            bodies.insert(state.cellId)
        }
        var above: Set<OrganizationID> = []
        for body in bodies {
            above.formUnion(try await directory.path(from: body, in: transaction).map(\.organizationId))
        }
        let roles = try await directory.roles(of: reader, at: kit.time.now, in: transaction)
        let isEntitled = roles.contains { role in
            bodies.contains(role.organizationId) && Self.treasurers.contains(role.role)
                || above.contains(role.organizationId) && Self.overseers.contains(role.role)
        }
        guard isEntitled else {
            throw Problem.forbidden.with(
                vietnamese: "Đồng chí không có vai trò đối với biên lai này.",
                english: "You hold no role for this receipt.")
        }
    }

    /// At the body itself.
    private static let treasurers: Set<RoleName> = [.cellSecretary, .cellDeputy, .cellDuesOfficer]
    /// At the body or anywhere above it.
    private static let overseers: Set<RoleName> = [.officeOfficer, .inspector, .auditor]
}
