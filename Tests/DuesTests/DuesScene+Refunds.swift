import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing
import Trust

@testable import Dues

/// What a gateway makes of a refund.
enum RefundAnswer: Sendable {
    case done(String)
    case refused
    case pending
    case neverHeard
    /// A fault of its own: nothing is said of the refund.
    case broken
}

extension GatewayUnderTest {
    static let refundSettings = [
        "dues.vnpay.refundUrl": "https://pay.example/refund", "dues.vnpay.refundStatusUrl": "https://pay.example/asked",
        "dues.portal.refundUrl": "https://portal.example/refund",
        "dues.portal.refundStatusUrl": "https://portal.example/asked", "dues.portal.unknownRefundCodes": "01",
        "dues.momo.refundUrl": "https://momo.example/refund", "dues.momo.refundStatusUrl": "https://momo.example/asked",
    ]

    /// The gateway's answer to a refund or to a question about it, signed by its own side.
    func refund(
        _ call: GatewayCall, _ answer: RefundAnswer, amount: Int64, type: String = "02", secret: String? = nil
    ) throws -> String {
        let asked = try FlatJSON(call.body)
        func value(_ name: String) -> String { asked.scalar(name) ?? "" }
        var transaction = ""
        if case .done(let number) = answer { transaction = number }
        switch self {
        case .vnpay:
            let (code, status) =
                switch answer {
                case .done: ("00", "00")
                case .refused: ("00", "09")
                case .pending: ("00", "05")
                case .neverHeard: ("91", "")
                case .broken: ("99", "")
                }
            let values = [
                ("vnp_ResponseId", "r1"), ("vnp_Command", value("vnp_Command")), ("vnp_ResponseCode", code),
                ("vnp_Message", "ok"), ("vnp_TmnCode", DuesScene.merchant), ("vnp_TxnRef", value("vnp_TxnRef")),
                ("vnp_Amount", String(amount * 100)), ("vnp_BankCode", "NCB"), ("vnp_PayDate", "20261120100500"),
                ("vnp_TransactionNo", transaction), ("vnp_TransactionType", type), ("vnp_TransactionStatus", status),
                ("vnp_OrderInfo", "x"),
            ]
            let promotion = ["vnp_PromotionCode", "vnp_PromotionAmount"].map { ($0, "") }
            let all = values + (value("vnp_Command") == "querydr" ? promotion : [])
            let hash = MAC.hmacSHA512(
                key: Array((secret ?? DuesScene.secret).utf8), Array(all.map(\.1).joined(separator: "|").utf8))
            return Self.json(all + [("vnp_SecureHash", hash.hex)])
        case .portal:
            let (code, state) =
                switch answer {
                case .done: ("00", "SUCCESS")
                case .refused: ("51", "FAILED")
                case .pending: ("00", "PENDING")
                case .neverHeard: ("01", "")
                case .broken: ("96", "")
                }
            let values = [
                ("LoaiBanTin", value("LoaiBanTin")), ("MaLoi", code), ("MaDoiTac", "PARTNER"),
                ("MaThamChieu", value("MaThamChieu")), ("MaHoanTien", value("MaHoanTien")), ("SoTien", String(amount)),
                ("MaTienTe", "VND"), ("MaGiaoDich", transaction), ("ThoiGianGD", "20261120100500"),
                ("TrangThai", state),
            ]
            let signed = (values.map(\.1) + [secret ?? "SECRET"]).joined(separator: "|")
            return Self.json(values + [("MaXacThuc", Digest.sha256(signed).hex)])
        case .momo:
            let code =
                switch answer {
                case .done: "0"
                case .refused: "1080"
                case .pending: "7002"
                case .neverHeard: "42"
                case .broken: "99"
                }
            let (order, number) = (value("orderId"), transaction.isEmpty ? "0" : transaction)
            let head = #"{"partnerCode":"MOMO","orderId":"\#(order)","requestId":"\#(value("requestId"))""#
            guard call.url.hasSuffix("/asked"), code != "42" else {
                return head + #","resultCode":\#(code),"amount":\#(amount),"transId":\#(number)}"#
            }
            return head + #","resultCode":0,"refundTrans":[{"orderId":"\#(order)","amount":\#(amount),"#
                + #""resultCode":\#(code),"transId":\#(number),"createdTime":1778553015000}]}"#
        }
    }

    private static func json(_ fields: [(String, String)]) -> String {
        "{" + fields.map { #""\#($0)":"\#($1)""# }.joined(separator: ",") + "}"
    }
}

struct RefundShape: Decodable, Sendable {
    struct Part: Decodable, Sendable {
        let memberId: MemberID?
        let month: String?
        let amount: Int64
    }

    let refundId: RefundID
    let state: String
    let amount: Int64
    let parts: [Part]
    let gatewayTransaction: String?
    let gatewayCode: String?
}

/// Two officers of the base organisation's office, and a payment to give back.
struct RefundScene: Sendable {
    let scene: DuesScene
    let first: MemberID
    let second: MemberID

    init(_ scene: DuesScene) async throws {
        self.scene = scene
        first = try await scene.member(cell: scene.otherCell)
        second = try await scene.member(cell: scene.otherCell)
        for officer in [first, second] { try await scene.role(.officeOfficer, of: officer, at: scene.base) }
    }

    static func run<R: Sendable>(
        client: (any GatewayClient)? = nil, _ body: @Sendable (RefundScene) async throws -> R
    ) async throws -> R {
        try await DuesScene.runWithGateways(GatewayUnderTest.refundSettings, client: client) { scene in
            try await body(try await RefundScene(scene))
        }
    }

    /// A member whose order of the month is paid through the gateway.
    func paid(
        _ gateway: GatewayUnderTest = .vnpay, _ months: [String] = ["2026-11"], transaction: String = "14422574"
    ) async throws -> (member: MemberID, order: DuesScene.OrderShape, payment: String) {
        let member = try await scene.member()
        try await scene.assess()
        let order = try await scene.order(member, months, gateway: gateway.rawValue)
        return (member, order, try await pay(order, gateway, transaction: transaction))
    }

    /// The payment that a callback makes of the order.
    func pay(
        _ order: DuesScene.OrderShape, _ gateway: GatewayUnderTest = .vnpay, transaction: String
    ) async throws -> String {
        let callback = gateway.callback(order.reference, amount: order.total, transaction: transaction)
        let answer = try await scene.send(callback, by: gateway)
        #expect(scene.says(answer, .confirmed, by: gateway), "\(answer.text)")
        return try await scene.pool.queryOne(
            "SELECT payment_id::text FROM payments WHERE gateway_transaction = \(transaction)"
        ).get(at: 0)
    }

    func ask(_ payment: String, _ json: String, by officer: MemberID? = nil) async throws -> TestAnswer {
        try await post("/v1/payments/\(payment)/refunds", json, by: officer ?? first)
    }

    func post(_ path: String, _ json: String = "", by officer: MemberID) async throws -> TestAnswer {
        scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
        return try await scene.service.call(
            .post, path, token: try await scene.service.token(member: officer), key: UUID().uuidString, json: json)
    }

    /// Asked for by one and approved by the other.
    func approved(_ payment: String, kind: String = "payment", lines: String? = nil) async throws -> RefundID {
        let body = #"{"kind":"\#(kind)","reason":"Nộp nhầm"\#(lines.map { #","lines":[\#($0)]"# } ?? "")}"#
        let asked = try await ask(payment, body)
        #expect(asked.status == .created, "\(asked.text)")
        let refund: RefundShape = try asked.json()
        let answer = try await post("/v1/refunds/\(refund.refundId)/approval", by: second)
        #expect(answer.status == .ok, "\(answer.text)")
        return refund.refundId
    }

    func show(_ refund: RefundID) async throws -> RefundShape {
        scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
        return try await scene.service.call(
            .get, "/v1/refunds/\(refund)", token: try await scene.service.token(member: second)
        ).json()
    }

    /// The books balance, the receivable is what is open, the clearing what came in and has not left again.
    func expectBooks() async throws {
        let balances = try await scene.balances()
        let open = try await scene.count("SELECT coalesce(sum(amount - paid), 0)::bigint FROM assessments")
        #expect(balances["member-receivable"] ?? 0 == Int64(open))
        let inClearing = try await scene.count(
            """
            SELECT (coalesce((SELECT sum(amount) FROM payments), 0)
                - coalesce((SELECT sum(amount) FROM refunds WHERE state = 'succeeded'), 0))::bigint
            """)
        #expect(balances["gateway-clearing"] ?? 0 == Int64(inClearing))
        let above = try await scene.count(
            """
            SELECT count(*) FROM payments p WHERE p.amount < (
                SELECT sum(f.amount) FROM refunds f
                WHERE f.payment_id = p.payment_id AND f.state NOT IN ('failed', 'rejected', 'withdrawn'))
            """)
        #expect(above == 0, "never above what was paid")
    }

    /// What is open of the months of a member.
    func open(_ member: MemberID) async throws -> Int {
        try await scene.count(
            "SELECT coalesce(sum(amount - paid), 0)::bigint FROM assessments WHERE member_id = \(member)")
    }
}
