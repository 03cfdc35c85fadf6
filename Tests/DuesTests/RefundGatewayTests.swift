import Contracts
import DuesDomain
import Foundation
import Testing
import Trust

@testable import Dues

/// The expected signatures were computed with hashlib and hmac of Python from the fields in their order.
@Suite("What gateways are told about refunds, and what they answer")
struct RefundGatewayTests {
    private static let number = "00000000000000000000000000000001"

    private func request(isFull: Bool = false, others: Set<String> = []) throws -> RefundRequest {
        RefundRequest(
            number: Self.number, reference: try PaymentReference("DP26050001"),
            orderCreatedAt: GatewayFigures.createdAt, transaction: "14422574", amount: Dong(5_000), isFull: isFull,
            approvedAt: GatewayFigures.createdAt, others: others)
    }

    private func told(_ gateway: any RefundingGateway, _ request: RefundRequest) throws -> FlatJSON {
        try FlatJSON(gateway.refundCall(for: request, to: "https://gateway.example/refund").body)
    }

    @Test("VNPAY is told in the order of its fields")
    func vnpay() throws {
        let part = try told(GatewayFigures.vnpay(), request())
        #expect(
            part.scalar("vnp_SecureHash")
                == "e866440b714418833dfd2d35bc8d3ccd115532d5bbf542511f897986ec928ce0"
                + "3e2fcb615080f5d497fb8593b1d3075d99fbfe0da8340360d38bc4170dbb0144")
        #expect(part.scalar("vnp_TransactionType") == "03" && part.scalar("vnp_Amount") == "500000")
        #expect(try told(GatewayFigures.vnpay(), request(isFull: true)).scalar("vnp_TransactionType") == "02")
    }

    @Test("the portal is told with the number in x-request-id too")
    func portal() throws {
        let call = try GatewayFigures.portal().refundCall(for: request(), to: "https://gateway.example/refund")
        #expect(call.headers == ["x-request-id": Self.number])
        let code = try FlatJSON(call.body).scalar("MaXacThuc")
        #expect(code == "d580aa0f584850ebc7847a332ec75ba158cfb069bef8a5c4069b563eb4f3bd33")
    }

    @Test("MoMo is told and asked as the vendor signs")
    func momo() throws {
        let gateway = GatewayFigures.momo()
        let message = try told(gateway, request())
        #expect(
            message.scalar("signature") == "c6bca384df8ef86b8f89288e1acc11897eec7093fcb77b6f5b9d250febf057a3")
        #expect(message["transId"] == .number("14422574") && message["amount"] == .number("5000"))
        let question = try gateway.refundStatusCall(
            about: request(), question: "q1", at: GatewayFigures.createdAt, to: "https://gateway.example/asked")
        let signature = try FlatJSON(question.body).scalar("signature")
        #expect(signature == "a268cf57606af3cc0f529a699ef617007052bb3d025f5ae6b24d58b6fca0b3ec")
    }

    private static let vnpayAnswer = [
        "vnp_ResponseId": "r1", "vnp_Command": "refund", "vnp_ResponseCode": "00", "vnp_Message": "ok",
        "vnp_TmnCode": "DEMO0001", "vnp_TxnRef": "DP26050001", "vnp_Amount": "500000", "vnp_BankCode": "NCB",
        "vnp_PayDate": "20260512093015", "vnp_TransactionNo": "14422575", "vnp_TransactionType": "03",
        "vnp_TransactionStatus": "00", "vnp_OrderInfo": "Hoan dang phi DP26050001",
        "vnp_SecureHash": "02a1a90bc101e7d78467fa90fe7666886bdc37db66fd1b1fac62a00bb7f86212"
            + "3c58f326ba35a2bb02c38e39d7403828a1b3d1845cd4b14c9bbe948e4f98d847",
    ]
    private static let portalAnswer = [
        "LoaiBanTin": "REFUND", "MaLoi": "00", "MaDoiTac": "PARTNER", "MaThamChieu": "DP26050001",
        "MaHoanTien": number, "SoTien": "5000", "MaTienTe": "VND", "MaGiaoDich": "HT1",
        "ThoiGianGD": "20260512093016", "TrangThai": "SUCCESS",
        "MaXacThuc": "da12d7464bc1b7160ee51502d6685c3251ca183042264c0b5cd646714e934795",
    ]

    private func read(
        _ gateway: any RefundingGateway, _ answer: [String: String], others: Set<String> = []
    ) throws -> RefundReading {
        gateway.refund(in: try ContractsJSON.encode(answer), for: try request(others: others))
    }

    @Test("the answers' hashes are checked over the values as they came; one altered value is believed by nobody")
    func answers() throws {
        let (vnpay, portal) = (GatewayFigures.vnpay(), GatewayFigures.portal())
        #expect(try read(vnpay, Self.vnpayAnswer) == .succeeded(transaction: "14422575"))
        #expect(try read(portal, Self.portalAnswer) == .succeeded(transaction: "HT1"))
        for name in Self.vnpayAnswer.keys {
            let altered = Self.vnpayAnswer.merging([name: "1"]) { $1 }
            guard case .unusable = try read(vnpay, altered) else {
                Issue.record("\(name) altered")
                continue
            }
        }
        for name in Self.portalAnswer.keys {
            let altered = Self.portalAnswer.merging([name: "1"]) { $1 }
            guard case .unusable = try read(portal, altered) else {
                Issue.record("\(name) altered")
                continue
            }
        }
    }

    @Test("VNPAY: an answer that stands for another refund of the payment says nothing of this one")
    func otherRefund() throws {
        let reading = try read(GatewayFigures.vnpay(), Self.vnpayAnswer, others: ["14422575"])
        #expect(reading == .pending(code: "other-refund"))
    }

    @Test(
        "VNPAY's statuses of a refund",
        arguments: [
            ("00", "05", RefundReading.pending(code: "00/05")), ("00", "06", .pending(code: "00/06")),
            ("00", "09", .failed(code: "00/09")), ("94", "", .pending(code: "94")), ("95", "", .failed(code: "95")),
            ("91", "", .failed(code: "91")), ("99", "", .unusable(reason: "gateway-fault")),
        ])
    func vnpayCodes(code: String, status: String, expected: RefundReading) throws {
        let names = VNPAYGateway.answerFields.dropLast(2)
        var fields = Self.vnpayAnswer.merging(["vnp_ResponseCode": code, "vnp_TransactionStatus": status]) { $1 }
        fields["vnp_SecureHash"] =
            MAC.hmacSHA512(
                key: DuesScene.secret, names.map { fields[$0] ?? "" }.joined(separator: "|")
            ).hex
        #expect(try read(GatewayFigures.vnpay(), fields) == expected)
    }

    @Test(
        "MoMo's codes: of the request that it was not taken, of the refund that it failed, all others nothing",
        arguments: [
            (0, RefundReading.succeeded(transaction: "77")), (13, .failed(code: "13")), (22, .failed(code: "22")),
            (1080, .failed(code: "1080")), (7002, .pending(code: "7002")), (10, .pending(code: "10")),
            (40, .pending(code: "40")), (41, .pending(code: "41")), (99, .pending(code: "99")),
        ])
    func momoCodes(code: Int, expected: RefundReading) throws {
        func answer(_ order: String, amount: Int = 5_000) -> [UInt8] {
            Array(
                #"""
                {"partnerCode":"MOMO","orderId":"\#(order)","requestId":"\#(order)","amount":\#(amount),
                "transId":77,"resultCode":\#(code),"message":"x","responseTime":1778553015000}
                """#.utf8)
        }
        let gateway = GatewayFigures.momo()
        #expect(gateway.refund(in: answer(Self.number), for: try request()) == expected)
        #expect(gateway.refund(in: answer("2"), for: try request()) == .unusable(reason: "other-question"))
        if code == 0 {
            let reading = gateway.refund(in: answer(Self.number, amount: 5_001), for: try request())
            #expect(reading == .unusable(reason: "amount"))
        }
    }
}
