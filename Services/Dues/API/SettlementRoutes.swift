import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit
import Trust

/// Settlement files over HTTP: `POST /v1/settlements?gateway=…&organizationId=…` with the file as body.
///
/// A file confirms orders by itself, so only those who run the suite and fetch it from the gateway may bring one.
struct SettlementRoutes: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    /// The layout of each gateway's files.
    let layouts: [String: SettlementLayout]
    let maximumBytes: Int
    let paymentsMade: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/settlements") { try await take($0, $1) }
    }

    private func take(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let query = request.uri.queryParameters
        let caller = try await requireOperator(context, gateway: query.get("gateway"))
        guard let gateway = query.get("gateway"), let adapter = gateways[gateway], let layout = layouts[gateway] else {
            throw Self.wrong("gateway", "gateway.unknown", "Không có cổng thanh toán này.", "There is no such gateway.")
        }
        guard let payee = query.get("organizationId").flatMap({ OrganizationID($0) }) else {
            throw Self.wrong(
                "organizationId", "missing", "Cần nêu đơn vị nhận tiền.", "The receiving organisation is needed.")
        }
        return try await kit.idempotent(request, context, upTo: maximumBytes) { body, transaction in
            let bytes = Array(body.readableBytesView)
            let file = try Self.read(bytes, layout)
            let settlement = SettlementImport(
                kit: kit, gateway: gateway, payee: payee, layout: layout.name, importedBy: caller.subject,
                comparesAccounts: adapter.needsPayeeAccount)
            let digest = Digest.sha256(bytes)
            let (summary, isNew) = try await settlement.take(file, digest: digest, in: transaction)
            if isNew {
                try await kit.audit.record(
                    "settlement.imported", subject: "\(summary.fileId)", actor: caller.subject,
                    details: [
                        "gateway": gateway, "organizationId": "\(payee)", "sha256": digest.hex,
                        "lines": "\(summary.lines)",
                    ], in: transaction)
                transaction.afterCommit { paymentsMade.call() }
            }
            return try .json(isNew ? .created : .ok, summary)
        }
    }

    /// The operator who brings a file; anybody else who is signed in leaves a trace of the attempt.
    private func requireOperator(_ context: HosoRequestContext, gateway: String?) async throws -> Caller {
        let caller = try context.requireCaller()
        guard !caller.isOperator else { return caller }
        try await kit.pool.transaction { transaction in
            try await kit.audit.record(
                "settlement.refused", subject: gateways.names.first { $0 == gateway } ?? "unknown",
                actor: caller.subject, in: transaction)
        }
        throw Problem(
            .forbidden, id: "settlement-operators-only",
            vietnamese: "Chỉ bộ phận vận hành được nhập tệp đối soát",
            english: "Only the operators take in a settlement file")
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
