import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Synchronization
import Testing

@testable import Dues

/// Each gateway's own way of saying the same, for tests that hold for all.
enum GatewayUnderTest: String, CaseIterable, Sendable {
    case vnpay
    case portal
    case momo

    var adapter: any PaymentGateway {
        switch self {
        case .vnpay: GatewayFigures.vnpay()
        case .portal: GatewayFigures.portal()
        case .momo: GatewayFigures.momo()
        }
    }

    /// A callback with a signature that fits.
    func callback(
        _ reference: String, amount: Int64, transaction: String = "14422574", _ outcome: CallbackOutcome = .paid,
        paidAt: String = "20261120095500", secret: String? = nil, merchant: String? = nil
    ) -> String {
        switch self {
        case .vnpay:
            let status = outcome == .paid ? "00" : outcome == .pending ? "01" : "02"
            return VNPAYSigner.query(
                [
                    "vnp_Amount": String(amount * 100), "vnp_PayDate": paidAt, "vnp_TxnRef": reference,
                    "vnp_TransactionNo": transaction, "vnp_ResponseCode": outcome == .declined ? "24" : "00",
                    "vnp_TransactionStatus": status, "vnp_TmnCode": merchant ?? DuesScene.merchant,
                ], secret: secret ?? DuesScene.secret)
        case .portal:
            let code = outcome == .paid ? "00" : outcome == .pending ? "08" : "24"
            let fields = PortalSigner.callback(reference, amount: String(amount)).merging(
                [
                    "MaLoi": code, "MaGiaoDich": transaction, "ThoiGianGD": paidAt, "MaDoiTac": merchant ?? "PARTNER",
                ]
            ) { $1 }
            return PortalSigner.json(fields, secret: secret ?? "SECRET")
        case .momo:
            let moment = GatewayTime.moment(of: paidAt).map { Int64($0.timeIntervalSince1970 * 1_000) } ?? 0
            let fields = MoMoSigner.callback(reference, amount: String(amount)).merging(
                [
                    "resultCode": outcome == .paid ? "0" : outcome == .pending ? "9000" : "1006",
                    "transId": transaction, "responseTime": String(moment), "partnerCode": merchant ?? "MOMO",
                ]
            ) { $1 }
            return MoMoSigner.json(fields, secret: secret ?? "SK")
        }
    }

    /// The answer to a status question.
    func status(_ call: GatewayCall, amount: Int64, _ outcome: CallbackOutcome?, secret: String? = nil) throws -> String
    {
        let asked = try FlatJSON(call.body)
        switch self {
        case .vnpay:
            let reference = try #require(asked.scalar("vnp_TxnRef"))
            var fields = VNPAYSigner.status(reference, amount: amount)
            fields["vnp_ResponseCode"] = outcome == nil ? "91" : "00"
            fields["vnp_TransactionStatus"] = outcome == .paid ? "00" : outcome == .pending ? "01" : "02"
            return VNPAYSigner.status(fields, secret: secret ?? DuesScene.secret)
        case .portal:
            var fields = PortalSigner.callback(try #require(asked.scalar("MaThamChieu")), amount: String(amount))
            fields["TrangThaiGD"] =
                switch outcome {
                case .paid: "1"
                case .pending: "3"
                case .declined, .suspected: "4"
                case nil: ""
                }
            if outcome == nil { fields["MaLoi"] = "01" }
            return PortalSigner.json(fields, PortalSigner.status, secret: secret ?? "SECRET")
        case .momo:
            var fields = MoMoSigner.callback(try #require(asked.scalar("orderId")), amount: String(amount))
            fields["requestId"] = asked.scalar("requestId")
            fields["resultCode"] =
                outcome == nil ? "42" : outcome == .paid ? "0" : outcome == .pending ? "7002" : "1006"
            return MoMoSigner.json(fields)
        }
    }
}

/// Gateways that answer what the test says, and keep what they were asked.
final class GatewaysOnPaper: GatewayClient {
    typealias Answer = @Sendable (GatewayCall) async throws -> String

    private struct State {
        var answer: Answer
        var calls: [GatewayCall] = []
    }

    private let state: Mutex<State>

    init(_ answer: @escaping Answer = { _ in throw GatewayUnreachable(reason: "unreachable") }) {
        state = Mutex(State(answer: answer))
    }

    var calls: [GatewayCall] { state.withLock(\.calls) }

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    func send(_ call: GatewayCall) async throws -> [UInt8] {
        let answer = state.withLock { state in
            state.calls.append(call)
            return state.answer
        }
        return Array(try await answer(call).utf8)
    }
}

extension DuesScene {
    /// Every gateway is there, and the base organisation has an account.
    static func runWithGateways<R: Sendable>(
        _ settings: [String: String] = [:], client: (any GatewayClient)? = nil,
        _ body: @Sendable (DuesScene) async throws -> R
    ) async throws -> R {
        let own = GatewayFigures.settings.merging(["dues.portal.pendingCodes": "08"]) { $1 }
        return try await run(own.merging(settings) { $1 }, client: client) { scene in
            let account = OrganizationState.BankAccount(
                bankCode: "VBA", accountNumber: "1500201113838", holderName: "DANG BO MAU", verified: true,
                from: try Day("2026-01-01"))
            try await scene.keep(
                try scene.organization(
                    scene.base, "A35.12.08", .baseOrganisation, under: scene.commune, accounts: [account]))
            return try await body(scene)
        }
    }

    /// Sends a callback as the gateway does.
    func send(_ callback: String, by gateway: GatewayUnderTest) async throws -> TestAnswer {
        switch gateway {
        case .vnpay: try await service.call(.get, "/v1/gateways/vnpay/ipn?\(callback)")
        case .portal, .momo: try await service.call(.post, "/v1/gateways/\(gateway.rawValue)/ipn", json: callback)
        }
    }

    /// Whether the answer is the one that the gateway is given for this.
    func says(_ answer: TestAnswer, _ meaning: CallbackAnswer, by gateway: GatewayUnderTest) -> Bool {
        let reply = gateway.adapter.reply(meaning, at: kit.time.now)
        return answer.status == reply.status && Array(answer.body) == reply.body
    }

    /// How many callbacks got each answer.
    func answers() async throws -> [String: Int] {
        let rows = try await pool.query("SELECT answer, count(*) AS count FROM callbacks GROUP BY answer")
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("answer"), try $0.get("count")) })
    }
}
