import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Payment orders over HTTP")
struct OrderAPITests {
    @Test("bad requests are told what is wrong, and nothing is made")
    func badInput() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let stranger = try await scene.member()
            let token = try await scene.service.token(member: member)
            func post(_ json: String) async throws -> TestAnswer {
                try await scene.service.call(
                    .post, "/v1/payment-orders", token: token, key: UUID().uuidString, json: json)
            }
            let line = #"{"memberId": "\#(member)", "month": "2026-11"}"#
            #expect(try await post("{").problem == "malformed-body")
            #expect(try await post(#"{"lines": []}"#).faults == ["gateway": "missing"])
            #expect(try await post(#"{"lines": "x", "gateway": "vnpay"}"#).faults == ["lines": "wrong-type"])
            #expect(
                try await post(#"{"gateway": "vnpay", "lines": [{"memberId": 7, "month": "2026-11"}]}"#).faults.keys
                    .contains("lines[0].memberId"))
            #expect(
                try await post(#"{"gateway": "vnpay", "lines": [{"memberId": "\#(member)", "month": "2026-13"}]}"#)
                    .status == .unprocessableContent)
            #expect(
                try await post(#"{"gateway": "nobody", "lines": [\#(line)]}"#).faults == ["gateway": "gateway.unknown"])
            #expect(try await post(#"{"gateway": "vnpay", "lines": []}"#).faults == ["lines": "order.no-lines"])
            #expect(
                try await post(#"{"gateway": "vnpay", "lines": [\#(line), \#(line)]}"#).faults
                    == ["lines[1]": "order.line-twice"])
            let other = #"{"memberId": "\#(stranger)", "month": "2026-11"}"#
            #expect(try await post(#"{"gateway": "vnpay", "lines": [\#(other)]}"#).status == .forbidden)
            let far = #"{"memberId": "\#(member)", "month": "2027-12"}"#
            #expect(
                try await post(#"{"gateway": "vnpay", "lines": [\#(far)]}"#).faults
                    == ["lines[0].month": "order.too-far-ahead"])
            let before = #"{"memberId": "\#(member)", "month": "2026-01"}"#
            #expect(
                try await post(#"{"gateway": "vnpay", "lines": [\#(before)]}"#).faults
                    == ["lines[0].month": "policy.none-in-force"])
            let keyless = try await scene.service.call(
                .post, "/v1/payment-orders", token: token, json: #"{"gateway": "vnpay", "lines": [\#(line)]}"#)
            #expect(keyless.status == .badRequest)
            let low = try await scene.service.token(member: member, level: 1)
            #expect(
                try await scene.service.call(
                    .post, "/v1/payment-orders", token: low, key: "key-of-the-test-k",
                    json: #"{"gateway": "vnpay", "lines": [\#(line)]}"#
                ).status.code / 100 == 4)
            #expect(try await scene.count("SELECT count(*) FROM payment_orders") == 0)
        }
    }

    @Test("an order names the payment page, its total and its expiry; the same key makes one order")
    func order() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let token = try await scene.service.token(member: member)
            let json = #"{"gateway": "vnpay", "lines": [{"memberId": "\#(member)", "month": "2026-11"}]}"#
            let first = try await scene.service.call(
                .post, "/v1/payment-orders", token: token, key: "key-of-the-test-a", json: json)
            let again = try await scene.service.call(
                .post, "/v1/payment-orders", token: token, key: "key-of-the-test-a", json: json)
            #expect(first.status == .created)
            #expect(first.body == again.body)
            let order = try first.json(DuesScene.OrderShape.self)
            let query = try #require(order.paymentUrl?.split(separator: "?").last)
            let fields = try #require(FormQuery(Array(query.utf8)))
            #expect(fields["vnp_TxnRef"] == order.reference)
            #expect(fields["vnp_Amount"] == "1593000")
            #expect(fields["vnp_ExpireDate"] == "20261120101500" || fields["vnp_ExpireDate"]?.count == 14)
            #expect(try await scene.count("SELECT count(*) FROM payment_orders") == 1)
            let created = try await scene.events(PaymentOrderCreated.self)
            #expect(created.map(\.reference.text) == [order.reference])
        }
    }

    @Test("the officers of the cell and the office above it may see and pay, neighbours may not")
    func access() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            for (role, place, allowed) in [
                (RoleName.cellSecretary, scene.cell, true), (.cellSecretary, scene.otherCell, false),
                (.officeOfficer, scene.commune, true), (.organisationOfficer, scene.commune, false),
                (.inspector, scene.base, true),
            ] {
                let officer = try await scene.member(cell: scene.otherCell)
                try await scene.role(role, of: officer, at: place)
                let token = try await scene.service.token(member: officer)
                let answer = try await scene.service.call(.get, "/v1/members/\(member)/assessments", token: token)
                #expect(answer.status == (allowed ? .ok : .forbidden), "\(role)")
                let paying = try await scene.service.call(
                    .post, "/v1/payment-orders", token: token, key: "\(officer)",
                    json: #"{"gateway": "vnpay", "lines": [{"memberId": "\#(member)", "month": "2026-11"}]}"#)
                #expect(paying.status == (allowed && role != .inspector ? .created : .forbidden), "\(role)")
            }
            scene.clock?.advance(by: 120)
            let officer = try await scene.member()
            try await scene.role(.cellSecretary, of: officer, at: scene.cell)
            let stale = try await scene.service.call(
                .get, "/v1/members/\(member)/assessments", token: try await scene.service.token(member: officer))
            #expect(stale.problem == "projection-stale")
            let own = try await scene.service.call(
                .get, "/v1/members/\(member)/assessments", token: try await scene.service.token(member: member))
            #expect(own.status == .ok)
            #expect(own.text.contains("0,3%"))
        }
    }

    @Test("what was paid is no longer owed")
    func nothingOwed() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member)
            #expect(try await scene.pay(order) == "00")
            let again = try await scene.service.call(
                .post, "/v1/payment-orders", token: try await scene.service.token(member: member),
                key: "key-of-the-test-b",
                json: #"{"gateway": "vnpay", "lines": [{"memberId": "\#(member)", "month": "2026-11"}]}"#)
            #expect(again.faults == ["lines[0]": "order.nothing-owed"])
        }
    }
}
