import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit
import Trust

/// Settlement files over HTTP.
struct SettlementRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let gateways: GatewayRegistry
    /// The layout of each gateway's files.
    let layouts: [String: SettlementLayout]
    let paymentsMade: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/settlements") { try await take($0, $1) }
    }

    private func take(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        let query = request.uri.queryParameters
        guard let gateway = query.get("gateway"), gateways[gateway] != nil, let layout = layouts[gateway] else {
            throw Self.wrong("gateway", "gateway.unknown", "Không có cổng thanh toán này.", "There is no such gateway.")
        }
        let asked = query.get("organizationId").flatMap { OrganizationID($0) }
        return try await kit.idempotent(request, context) { body, transaction in
            guard let payee = try await access.requireOffice(caller, asked: asked, in: transaction) else {
                throw Self.wrong(
                    "organizationId", "missing", "Cần nêu đơn vị nhận tiền.", "The receiving organisation is needed.")
            }
            let bytes = Array(body.readableBytesView)
            let file = try Self.read(bytes, layout)
            let settlement = SettlementImport(
                kit: kit, gateway: gateway, payee: payee, layout: layout.name, importedBy: caller.subject)
            let (summary, isNew) = try await settlement.take(file, digest: Digest.sha256(bytes), in: transaction)
            if isNew {
                try await kit.audit.record(
                    "settlement.imported", subject: "\(summary.fileId)", actor: caller.subject, in: transaction)
                transaction.afterCommit { paymentsMade.call() }
            }
            return try .json(isNew ? .created : .ok, summary)
        }
    }

    private static func read(_ bytes: [UInt8], _ layout: SettlementLayout) throws -> SettlementFile {
        do {
            return try SettlementFile(bytes, layout: layout)
        } catch {
            let place =
                error.column.map { ("line \(error.line), column \($0)", "dòng \(error.line), cột \($0)") }
                ?? ("line \(error.line)", "dòng \(error.line)")
            throw Problem(
                .unprocessableContent, id: "settlement-file-refused",
                vietnamese: "Tệp đối soát bị từ chối toàn bộ", english: "The settlement file is refused as a whole",
                errors: [
                    FieldError(
                        field: place.0, rule: "settlement.\(error.rule.rawValue)", vietnamese: "Lỗi tại \(place.1).",
                        english: "Fault at \(place.0).")
                ])
        }
    }

    private static func wrong(
        _ field: String, _ rule: String, _ vietnamese: String, _ english: String
    ) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(field: field, rule: rule, vietnamese: vietnamese, english: english)
        ])
    }
}
