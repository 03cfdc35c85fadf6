import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import QRCodes
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Questions to gateways")
struct StatusQuestionTests {
    private static func state(_ scene: DuesScene) async throws -> String {
        try await scene.pool.queryOne("SELECT state FROM payment_orders").get("state")
    }

    private static func open(_ scene: DuesScene) async throws -> Int {
        try await scene.count("SELECT count(*) FROM status_questions")
    }

    @Test(
        "a pending payment is asked for with growing pauses until it is known, and booked as a callback is",
        arguments: GatewayUnderTest.allCases)
    func pending(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        try await DuesScene.runWithGateways(client: paper) { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: gateway.rawValue)
            let questions = scene.parts.statusQuestions
            let callback = gateway.callback(order.reference, amount: order.total, .pending)
            #expect(scene.says(try await scene.send(callback, by: gateway), .confirmed, by: gateway))
            #expect(try await Self.state(scene) == "unknown")
            paper.answer { try gateway.status($0, amount: order.total, .pending) }
            try await questions.run()
            #expect(paper.calls.count == 1)
            for (pause, calls) in [(29.0, 1), (1, 2), (59, 2), (1, 3)] {
                scene.clock?.advance(by: pause)
                try await questions.run()
                #expect(paper.calls.count == calls)
            }
            paper.answer { try gateway.status($0, amount: order.total, .paid) }
            scene.clock?.advance(by: 120)
            try await questions.run()
            #expect(try await Self.state(scene) == "paid")
            #expect(try await Self.open(scene) == 0)
            #expect(try await scene.count("SELECT count(*) FROM payments WHERE source = 'status'") == 1)
            #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE source = 'status'") == 4)
            try await scene.expectBooksToAgree()
            // The callback that comes at last says nothing new of the same transaction.
            let payment: String = try await scene.pool.queryOne("SELECT gateway_transaction FROM payments").get(at: 0)
            let late = gateway.callback(order.reference, amount: order.total, transaction: payment)
            #expect(scene.says(try await scene.send(late, by: gateway), .alreadyConfirmed, by: gateway))
            #expect(try await scene.count("SELECT count(*) FROM payments") == 1)
        }
    }

    @Test(
        "an order whose time ran out without a callback is asked for, and paid when the gateway says so",
        arguments: GatewayUnderTest.allCases)
    func silent(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G8", "each gateway: no callback comes, and no answer to the first questions")
        let paper = GatewaysOnPaper()
        try await DuesScene.runWithGateways(client: paper) { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: gateway.rawValue)
            try await scene.parts.statusQuestions.run()
            #expect(paper.calls.isEmpty)
            scene.clock?.advance(by: 901)
            _ = try await scene.parts.expiry.step()
            try await scene.parts.statusQuestions.run()
            #expect(paper.calls.count == 1)
            #expect(try await Self.state(scene) == "expired")
            paper.answer { _ in "<html>busy</html>" }
            scene.clock?.advance(by: 30)
            try await scene.parts.statusQuestions.run()
            paper.answer { try gateway.status($0, amount: order.total, .paid, secret: "FORGED") }
            scene.clock?.advance(by: 60)
            if gateway != .momo {
                try await scene.parts.statusQuestions.run()
                #expect(try await Self.state(scene) == "expired")
                #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE reason = 'signature'") == 1)
            }
            paper.answer { try gateway.status($0, amount: order.total, .paid) }
            scene.clock?.advance(by: 3_600)
            try await scene.parts.statusQuestions.run()
            #expect(try await Self.state(scene) == "paid")
            #expect(try await Self.open(scene) == 0)
            try await scene.expectBooksToAgree()
        }
    }

    @Test(
        "no such payment is the last word only when the order has long been over",
        arguments: GatewayUnderTest.allCases)
    func none(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        paper.answer { try gateway.status($0, amount: 15_930, nil) }
        try await DuesScene.runWithGateways(client: paper) { scene in
            _ = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            scene.clock?.advance(by: 901)
            _ = try await scene.parts.expiry.step()
            try await scene.parts.statusQuestions.run()
            #expect(try await Self.open(scene) == 1)
            scene.clock?.advance(by: 7_201)
            try await scene.parts.statusQuestions.run()
            #expect(try await Self.open(scene) == 0)
            #expect(try await Self.state(scene) == "expired")
            #expect(try await scene.events(PaymentFailed.self).map(\.reason) == ["expired"])
        }
    }

    @Test("what a callback has settled is not asked for; a pending callback meanwhile begins the questions anew")
    func meanwhile() async throws {
        let paper = GatewaysOnPaper()
        try await DuesScene.runWithGateways(client: paper) { scene in
            let order = try await scene.order(try await scene.member())
            @Sendable func send(_ outcome: CallbackOutcome, _ number: String) async throws {
                let callback = GatewayUnderTest.vnpay.callback(
                    order.reference, amount: order.total, transaction: number, outcome)
                _ = try await scene.send(callback, by: .vnpay)
            }
            try await send(.pending, "1")
            paper.answer { call in
                try await send(.pending, "2")
                return try GatewayUnderTest.vnpay.status(call, amount: order.total, .declined)
            }
            #expect(try await scene.parts.statusQuestions.step())
            // The answer was overtaken: the order failed, and is asked for all the same.
            #expect(try await Self.open(scene) == 1)
            try await send(.paid, "3")
            try await scene.parts.statusQuestions.run()
            #expect(paper.calls.count == 1)
            #expect(try await Self.open(scene) == 0)
            #expect(try await Self.state(scene) == "paid")
        }
    }

    @Test("two processes do not ask about one order at once; one that died is followed by another after the lease")
    func lease() async throws {
        let paper = GatewaysOnPaper()
        try await DuesScene.runWithGateways(client: paper) { scene in
            let order = try await scene.order(try await scene.member())
            let callback = GatewayUnderTest.vnpay.callback(order.reference, amount: order.total, .pending)
            _ = try await scene.send(callback, by: .vnpay)
            let questions = scene.parts.statusQuestions
            paper.answer { _ in
                // Another process looks while the first one waits for its answer.
                #expect(try await questions.step() == false)
                throw CancellationError()
            }
            await #expect(throws: CancellationError.self) { try await questions.step() }
            #expect(paper.calls.count == 1)
            scene.clock?.advance(by: 89)
            #expect(try await questions.step() == false)
            scene.clock?.advance(by: 1)
            paper.answer { try GatewayUnderTest.vnpay.status($0, amount: order.total, .paid) }
            #expect(try await questions.step())
            #expect(try await Self.state(scene) == "paid")
        }
    }

    @Test("the payer's page is asked for after the commit, again when there was no answer, and then shown")
    func page() async throws {
        FaultRecord.note("G8", "no answer to a payment request")
        let paper = GatewaysOnPaper()
        try await DuesScene.runWithGateways(client: paper) { scene in
            let member = try await scene.member()
            for (gateway, answer) in [
                (GatewayUnderTest.portal, #"{"MaLoi":"00","UrlThanhToan":"https://pay.example/1"}"#),
                (.momo, #"{"resultCode":0,"orderId":"REFERENCE","payUrl":"https://pay.example/1"}"#),
            ] {
                let order = try await scene.order(member, ["2026-11"], gateway: gateway.rawValue)
                #expect(order.paymentPage == "asked" && order.paymentUrl == nil)
                paper.answer { _ in throw GatewayUnreachable(reason: "unreachable") }
                let before = paper.calls.count
                try await scene.parts.pageRequests.drain()
                #expect(try await scene.show(order, as: member).paymentPage == "asked")
                paper.answer { _ in answer.replacing("REFERENCE", with: order.reference) }
                scene.clock?.advance(by: 30)
                try await scene.parts.pageRequests.drain()
                let shown = try await scene.show(order, as: member)
                #expect(shown.paymentPage == "answered" && shown.paymentUrl == "https://pay.example/1")
                let calls = paper.calls.dropFirst(before)
                #expect(calls.count == 2 && calls.first?.body == calls.last?.body)
                try await scene.parts.pageRequests.drain()
                #expect(paper.calls.count == before + 2)
            }
            let said = try ContractsJSON.decode(JSONValue.self, from: try #require(paper.calls.first).body)
            #expect(said["ThongTinBienLai"]?["TKThuHuong"] == "1500201113838")
        }
    }

    @Test("a payment that a gateway refuses is told so; one whose order is over is not asked for")
    func refusedPage() async throws {
        let paper = GatewaysOnPaper { _ in #"{"MaLoi":"03"}"# }
        try await DuesScene.runWithGateways(client: paper) { scene in
            let member = try await scene.member()
            let refused = try await scene.order(member, gateway: "portal")
            try await scene.parts.pageRequests.drain()
            #expect(try await scene.show(refused, as: member).paymentPage == "refused")
            _ = try await scene.order(member, ["2026-12"], gateway: "portal")
            scene.clock?.advance(by: 901)
            try await scene.parts.pageRequests.drain()
            #expect(paper.calls.count == 1)
            #expect(try await scene.count("SELECT count(*) FROM page_requests WHERE state = 'given-up'") == 1)
        }
    }

    @Test("a gateway that pays to the payee's account makes no order while none is known; the order keeps the account")
    func account() async throws {
        try await DuesScene.run(GatewayFigures.settings) { scene in
            let member = try await scene.member()
            let answer = try await scene.service.call(
                .post, "/v1/payment-orders", token: try await scene.service.token(member: member),
                key: "key-of-the-test-p",
                json: #"{"gateway": "portal", "lines": [{"memberId": "\#(member)", "month": "2026-11"}]}"#)
            #expect(answer.faults == ["gateway": "gateway.no-account"])
            #expect(try await scene.order(member, gateway: "momo").vietQR == nil)
        }
        try await DuesScene.runWithGateways { scene in
            let member = try await scene.member()
            let order = try await scene.order(member, gateway: "portal")
            #expect(order.vietQR == nil && order.vietQRImage == nil, "no bank's number is set")
            let refused = try await scene.code(of: order, as: member)
            #expect(refused.status == .conflict && refused.faults == ["vietQR": "order.vietqr"])
        }
        try await DuesScene.runWithGateways(["dues.vietqr.banks": "VBA=970405"]) { scene in
            let member = try await scene.member()
            let order = try await scene.order(member, gateway: "portal")
            #expect(
                try await scene.count("SELECT count(*) FROM payment_orders WHERE payee_account = '1500201113838'") == 1)
            let code = try #require(order.vietQR)
            #expect(code.contains("0006970405") && code.contains("1500201113838") && code.contains(order.reference))
            let image = try await scene.code(of: order, as: member)
            #expect(image.status == .ok && image.headers[.contentType] == "image/png")
            #expect(order.vietQRImage == "/v1/payment-orders/\(order.orderId)/vietqr")
            #expect(try [UInt8](image.body) == QRCode(code)?.png())
            #expect(try await scene.code(of: order, as: try await scene.member()).status == .forbidden)
            let callback = GatewayUnderTest.portal.callback(order.reference, amount: order.total)
            _ = try await scene.send(callback, by: .portal)
            let paid = try await scene.show(order, as: member)
            #expect(paid.vietQR == nil && paid.vietQRImage == nil && paid.paymentPage == nil)
            let late = try await scene.code(of: order, as: member)
            #expect(late.status == .conflict && late.faults == ["state": "order.open"])
        }
    }
}

extension DuesScene {
    /// The image of the order's VietQR code.
    fileprivate func code(of order: OrderShape, as member: MemberID) async throws -> TestAnswer {
        try await service.call(
            .get, "/v1/payment-orders/\(order.orderId)/vietqr", token: try await service.token(member: member))
    }
}
