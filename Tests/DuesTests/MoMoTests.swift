import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit
import TestStack
import Testing
import Trust

@testable import Dues

@Suite("MoMo")
struct MoMoTests {
    private let reference = "DP-2605-0001"

    private func read(_ json: String, _ gateway: MoMoGateway = GatewayFigures.momo()) -> CallbackReading {
        gateway.read(RawCallback(bytes: Array(json.utf8), receivedAt: Date()))
    }

    private func fields(_ changes: [String: String]) -> [String: String] {
        MoMoSigner.callback(reference).merging(changes) { $1 }
    }

    @Test("the vector of the interface is authentic and read")
    func vector() throws {
        let json = MoMoSigner.json(fields([:]))
        #expect(json.contains("5b7a143968720932085819d564f2b570a234b7aa2071e1b1662efcaa75fbe3cf"))
        let callback = try #require(read(json).callback)
        #expect(callback.reference == reference)
        #expect(callback.amount == Dong(15_930))
        #expect(callback.outcome == .paid)
        #expect(callback.transaction == "4088878653")
        #expect(callback.paidAt == GatewayFigures.createdAt)
    }

    @Test("whatever is not signed with our key over what stands there is not believed")
    func forged() throws {
        FaultRecord.note("G3", "callbacks of MoMo that are not signed with our key")
        let good = MoMoSigner.json(fields([:]))
        let signature = "5b7a143968720932085819d564f2b570a234b7aa2071e1b1662efcaa75fbe3cf"
        let forged = [
            "", "{}", "[]", String(good.dropLast(2)), good.replacing("15930", with: "15931"),
            good.replacing("15930", with: "15930.0"), good.replacing("15930", with: "1593e1"),
            good.replacing(signature, with: String(signature.dropLast(2))),
            good.replacing("signature", with: "Signature"),
            MoMoSigner.json(fields([:]), secret: "OTHER"), MoMoSigner.json(fields([:]), access: "OTHER"),
            good.replacing("{", with: #"{"amount":1,"#), good.replacing(#""qr""#, with: "true"),
            good.replacing(#""qr""#, with: #"{"a":1}"#),
        ]
        for json in forged { #expect(read(json).refusal == .notAuthentic, "\(json)") }
        // Members that nobody signs change nothing.
        #expect(read(good.replacing("{", with: #"{"promotionInfo":[{"amount":1}],"#)).callback != nil)
    }

    @Test("while the key is being changed the old and the new one count")
    func keyChange() {
        FaultRecord.note("G4", "MoMo's old and new key while it is changed")
        let json = MoMoSigner.json(fields([:]))
        #expect(read(json, GatewayFigures.momo(keys: [("AK2", "SK2"), ("AK", "SK")])).callback != nil)
        #expect(read(json, GatewayFigures.momo(keys: [("AK", "SK2"), ("AK", "SK")])).callback != nil)
        #expect(read(json, GatewayFigures.momo(keys: [("AK2", "SK2")])).refusal == .notAuthentic)
    }

    @Test("signed, but for another partner: not ours; without what is needed: unusable")
    func unusable() {
        #expect(read(MoMoSigner.json(fields(["partnerCode": "OTHER"]))).refusal == .notOurs)
        for changes in [
            ["orderId": ""], ["amount": "-15930"], ["amount": "1e400"], ["amount": "99999999999999999999"],
            ["transId": "0"], ["resultCode": "99999999999"], ["resultCode": "0.5"],
        ] {
            #expect(read(MoMoSigner.json(fields(changes))).refusal == .unusable, "\(changes)")
        }
    }

    @Test(
        "authorised is not paid; what the vendor calls unfinished waits; the rest failed",
        arguments: [
            ("0", CallbackOutcome.paid), ("9000", .pending), ("1000", .pending), ("7000", .pending), ("7002", .pending),
            ("8000", .pending), ("1006", .declined), ("1003", .declined), ("99", .declined),
        ])
    func outcomes(code: String, outcome: CallbackOutcome) throws {
        let json = MoMoSigner.json(fields(["resultCode": code]))
        #expect(try #require(read(json).callback).outcome == outcome)
    }

    @Test("204 for what was understood, which ends the retries; anything else causes them")
    func answers() {
        let gateway = GatewayFigures.momo()
        let said = CallbackAnswer.allCases.map { answer in
            "\(gateway.reply(answer, at: Date()).status.code)\(gateway.endsRetries(answer) ? " ends" : "")"
        }
        #expect(said == ["204 ends", "204 ends", "404", "422", "400", "400", "204 ends", "503"])
        #expect(CallbackAnswer.allCases.allSatisfy { gateway.reply($0, at: Date()).body.isEmpty })
    }

    @Test("a payment is asked for with a signature over what it says; the same order, the same bytes")
    func request() throws {
        let request = try GatewayFigures.request()
        let call = try #require(try GatewayFigures.momo().pageCall(for: request))
        let said = try FlatJSON(call.body)
        let text =
            "accessKey=AK&amount=15930&extraData=&ipnUrl=https://dues.example/v1/gateways/momo/ipn&orderId=DP26050001"
            + "&orderInfo=Dang phi DP26050001&partnerCode=MOMO&redirectUrl=https://portal.example/"
            + "&requestId=DP26050001&requestType=captureWallet"
        #expect(said.scalar("signature") == MAC.hmacSHA256(key: "SK", text).hex)
        #expect(said["amount"] == .number("15930"))
        #expect(said["accessKey"] == nil)
        #expect(try GatewayFigures.momo().pageCall(for: request)?.body == call.body)
        func page(_ json: String) -> PageReading { GatewayFigures.momo().page(in: Array(json.utf8), for: request) }
        #expect(
            page(#"{"orderId":"DP26050001","resultCode":0,"payUrl":"https://momo.example/1"}"#)
                == .page("https://momo.example/1"))
        #expect(
            page(#"{"orderId":"DP26050002","resultCode":0,"payUrl":"https://m.example/1"}"#)
                == .unusable(reason: "other-question"))
        #expect(
            page(#"{"orderId":"DP26050001","resultCode":0,"payUrl":"http://m.example/1"}"#)
                == .unusable(reason: "page"))
        #expect(page(#"{"orderId":"DP26050001","resultCode":10}"#) == .unusable(reason: "gateway-fault"))
        #expect(page(#"{"orderId":"DP26050001","resultCode":22}"#) == .refused(reason: "gateway-refused"))
        #expect(page("oops") == .unusable(reason: "not-json"))
    }

    @Test("a status is believed when it repeats our question; faults of the question say nothing of the payment")
    func status() throws {
        let order = try GatewayFigures.asked()
        let gateway = GatewayFigures.momo()
        let call = try FlatJSON(gateway.statusCall(about: order, to: "https://momo.example/query").body)
        let text = "accessKey=AK&orderId=DP26050001&partnerCode=MOMO&requestId=\(order.number)"
        #expect(call.scalar("signature") == MAC.hmacSHA256(key: "SK", text).hex)
        func read(_ changes: [String: String]) -> StatusReading {
            let fields = MoMoSigner.callback("DP26050001").merging(["requestId": order.number]) { $1 }
                .merging(changes) { $1 }
            return gateway.status(
                in: RawCallback(bytes: Array(MoMoSigner.json(fields).utf8), receivedAt: Date()), of: order)
        }
        #expect(read([:]).told?.callback?.outcome == .paid)
        #expect(read(["resultCode": "7000"]).told?.callback?.outcome == .pending)
        #expect(read(["resultCode": "1006"]).told?.callback?.outcome == .declined)
        #expect(read(["resultCode": "42"]).isNoPayment)
        for code in ["10", "11", "13", "40", "43", "99"] {
            #expect(read(["resultCode": code]).told?.refusal == .unusable, "\(code)")
        }
        #expect(read(["requestId": "another"]).told?.reason == "other-question")
        #expect(read(["orderId": "DP26050002"]).told?.reason == "other-question")
        #expect(read(["partnerCode": "OTHER"]).told?.refusal == .notOurs)
    }
}
