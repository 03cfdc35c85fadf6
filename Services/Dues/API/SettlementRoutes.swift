import Contracts
import DuesDomain
import Foundation
import Hummingbird
import NIOCore
import Postgres
import ServiceKit
import Trust

/// Settlement files over HTTP: `POST /v1/settlements?gateway=…&organizationId=…` with the file as body.
///
/// With `sha256=…` the file must have that digest. A file confirms orders by itself, so only those who run the suite and fetch it from the gateway may bring one.
struct SettlementRoutes: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    let layouts: SettlementLayouts
    let maximumBytes: Int
    let paymentsMade: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/settlements") { try await take($0, $1) }
    }

    private func take(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let query = request.uri.queryParameters
        let caller = try await requireOperator(context, gateway: query.get("gateway"))
        guard let gateway = query.get("gateway"), let layout = layouts[gateway] else {
            throw Self.wrong("gateway", "gateway.unknown", "Không có cổng thanh toán này.", "There is no such gateway.")
        }
        guard let payee = query.get("organizationId").flatMap({ OrganizationID($0) }) else {
            throw Self.wrong(
                "organizationId", "missing", "Cần nêu đơn vị nhận tiền.", "The receiving organisation is needed.")
        }
        let told = query.get("sha256")
        // Stretch by stretch it locks orders and months, each in order, and can meet others crosswise: all of it is done again.
        let repeated = TransactionOptions(attempts: 3)
        return try await kit.idempotent(
            request, context, options: repeated, reading: { try await keep(request, told: told) }
        ) { body, transaction in
            let (file, digest) = body
            let totals = try Self.read(file, layout)
            var reader = try SettlementReader(layout, more: file.pieces)
            let adapter = gateways[gateway]
            let settlement = SettlementImport(
                kit: kit, gateway: gateway, payee: payee, layout: layout.name, importedBy: caller.subject,
                comparesAccounts: adapter?.needsPayeeAccount ?? true,
                channels: adapter == nil ? gateways.names : [gateway])
            let (summary, isNew) = try await settlement.take(&reader, totals, digest: digest, in: transaction)
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

    /// Keeps the body on disk; more than the limit, or another file than the one told of, is refused.
    private func keep(
        _ request: Request, told: String?
    ) async throws -> (body: (file: SpooledFile, digest: [UInt8]), digest: [UInt8]) {
        let file = try SpooledFile()
        var running = try RunningDigest()
        var size = 0
        for try await piece in request.body {
            size += piece.readableBytes
            guard size <= maximumBytes else { throw Problem.bodyTooLarge }
            try running.update(piece.readableBytesView)
            try piece.withUnsafeReadableBytes { try file.append($0) }
        }
        let digest = try running.finish()
        if let told, told.lowercased() != digest.hex {
            throw Problem.settlementRefused(
                FieldError(
                    field: "sha256", rule: "settlement.digest",
                    vietnamese: "Tệp nhận được không phải là tệp có mã băm đã nêu.",
                    english: "What came is not the file that has this digest."))
        }
        return ((file, digest), digest)
    }

    /// Reads all of it before anything is applied.
    private static func read(_ file: SpooledFile, _ layout: SettlementLayout) throws -> SettlementTotals {
        do {
            var reader = try SettlementReader(layout, more: file.pieces)
            return try reader.totals()
        } catch let error as SettlementFault {
            let place =
                error.column.map { ("line \(error.line), column \($0)", "dòng \(error.line), cột \($0)") }
                ?? ("line \(error.line)", "dòng \(error.line)")
            throw Problem.settlementRefused(
                FieldError(
                    field: place.0, rule: "settlement.\(error.rule.rawValue)", vietnamese: "Lỗi tại \(place.1).",
                    english: "Fault at \(place.0)."))
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

extension Problem {
    fileprivate static func settlementRefused(_ error: FieldError) -> Problem {
        Problem(
            .unprocessableContent, id: "settlement-file-refused", vietnamese: "Tệp đối soát bị từ chối toàn bộ",
            english: "The settlement file is refused as a whole", errors: [error])
    }
}
