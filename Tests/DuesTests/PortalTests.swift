import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit
import TestStack
import Testing
import Trust

@testable import Dues

@Suite("The national portal's payment platform")
struct PortalTests {
    private let reference = "dvcREF0001"

    private func read(_ json: String, _ gateway: PortalGateway = GatewayFigures.portal()) -> CallbackReading {
        gateway.read(RawCallback(bytes: Array(json.utf8), receivedAt: Date()))
    }

    private func fields(_ changes: [String: String]) -> [String: String] {
        PortalSigner.callback(reference).merging(changes) { $1 }
    }

    @Test("the vector of the interface is authentic and read")
    func vector() throws {
        let code = "e336d237866614fd8a39cd874ecd675b5bc3967a67399fede342a4064f74217d"
        #expect(PortalSigner.code(fields([:]), PortalSigner.callback, secret: "SECRET") == code)
        let json = PortalSigner.json(fields([:]))
        #expect(json.contains(code))
        let callback = try #require(read(json).callback)
        #expect(callback.reference == reference)
        #expect(callback.amount == Dong(15_930))
        #expect(callback.outcome == .paid)
        #expect(callback.transaction == "GD123")
        #expect(callback.paidAt == RFC3339.moment(of: "2026-05-12T09:30:15+07:00"))
    }

    @Test("the amount is a text or a number of whole đồng, signed as it is written")
    func amounts() throws {
        let number = PortalSigner.json(fields([:]), numbers: ["SoTien"])
        #expect(number.contains(#""SoTien":15930,"#))
        #expect(try #require(read(number).callback).amount == Dong(15_930))
        FaultRecord.note("G6", "zero, negative, fractional, huge amounts and exponents from the portal")
        for amount in [
            "15930.0", "1.593e4", "1593E1", "-15930", "+15930", "", " 15930", "15,930", "99999999999999999999", "1e400",
        ] {
            #expect(read(PortalSigner.json(fields(["SoTien": amount]))).refusal == .unusable, "\(amount)")
        }
        for amount in ["15930.0", "1.593e4", "-15930", "99999999999999999999", "1e400"] {
            let json = PortalSigner.json(fields(["SoTien": amount]), numbers: ["SoTien"])
            #expect(read(json).refusal == .unusable, "\(amount)")
        }
        #expect(try #require(read(PortalSigner.json(fields(["SoTien": "0"]))).callback).amount == .zero)
        let dollars = PortalSigner.json(fields(["MaTienTe": "USD"]))
        #expect(try #require(read(dollars).callback).amount == nil)
    }

    @Test("whatever is not signed with our secret over what stands there is not believed")
    func forged() throws {
        FaultRecord.note("G3", "callbacks of the portal that are not signed with our secret")
        let good = PortalSigner.json(fields([:]))
        let code = PortalSigner.code(fields([:]), PortalSigner.callback, secret: "SECRET")
        let forged = [
            "", "{}", "[]", "null", "{", good + "x", String(good.dropLast(3)), good.replacing("15930", with: "15931"),
            good.replacing(code, with: code.uppercased()), good.replacing(code, with: String(code.dropLast())),
            good.replacing(code, with: ""), good.replacing("MaXacThuc", with: "maxacthuc"),
            good.replacing("MaThamChieu", with: "mathamchieu"), PortalSigner.json(fields([:]), secret: "OTHER"),
            good.replacing("{", with: #"{"MaXacThuc":"\#(code)","#), good.replacing("{", with: #"{"SoTien":"1","#),
            good.replacing(#""VND""#, with: "true"), good.replacing(#""VND""#, with: #"["VND"]"#),
            good.replacing("CONFIRM", with: #"CONFIRM\u0000"#), good.replacing("CONFIRM", with: "CONFIRM\0"),
        ]
        for json in forged { #expect(read(json).refusal == .notAuthentic, "\(json)") }
        #expect(read(good.replacing("{", with: #"{"SoTien":"1","#)).reason == "name-twice")
        #expect(read(good.replacing(#""VND""#, with: "true")).reason == "wrong-type")
        #expect(read(good.replacing("CONFIRM", with: #"CONFIRM\u0000"#)).reason == "nul")
        // The same text in other letters of JSON is the same text.
        #expect(read(good.replacing("VND", with: #"\u0056ND"#)).callback != nil)
    }

    @Test("while the secret is being changed the old and the new one count, and ours are signed with the new one")
    func keyChange() throws {
        FaultRecord.note("G4", "the portal's old and new secret while it is changed")
        let json = PortalSigner.json(fields([:]))
        #expect(read(json, GatewayFigures.portal(secrets: ["NEW", "SECRET"])).callback != nil)
        #expect(read(json, GatewayFigures.portal(secrets: ["NEW"])).refusal == .notAuthentic)
        let answer = GatewayFigures.portal(secrets: ["NEW", "SECRET"]).reply(.confirmed, at: GatewayFigures.createdAt)
        let said = try FlatJSON(answer.body)
        let signed = ["MaLoi", "MoTaLoi", "MaDoiTac", "ThoiGianGD"].map { said.scalar($0) ?? "" } + ["NEW"]
        #expect(said.scalar("MaXacThuc") == Digest.sha256(signed.joined(separator: "|")).hex)
    }

    @Test("signed, but for another partner: not ours; of another kind or without what is needed: unusable")
    func unusable() {
        #expect(read(PortalSigner.json(fields(["MaDoiTac": "OTHER"]))).refusal == .notOurs)
        for changes in [
            ["LoaiBanTin": "REFUND"], ["MaThamChieu": ""], ["MaLoi": ""], ["MaGiaoDich": ""], ["MaGiaoDich": "a,b"],
        ] {
            #expect(read(PortalSigner.json(fields(changes))).refusal == .unusable, "\(changes)")
        }
    }

    @Test("any other code than that of success is a payment that failed, unless it is one of those that wait")
    func outcomes() throws {
        var waiting = GatewayFigures.portal().configuration
        waiting.words.pending = ["08"]
        let gateway = PortalGateway(configuration: waiting)
        for (code, outcome) in [("00", CallbackOutcome.paid), ("08", .pending), ("24", .declined)] {
            let json = PortalSigner.json(fields(["MaLoi": code, "MaGiaoDich": code == "24" ? "" : "GD1"]))
            #expect(try #require(read(json, gateway).callback).outcome == outcome)
        }
    }

    @Test("each answer has its code and is signed; what was understood ends the retries")
    func answers() throws {
        let gateway = GatewayFigures.portal()
        var codes: [String] = []
        for answer in CallbackAnswer.allCases {
            let reply = gateway.reply(answer, at: GatewayFigures.createdAt)
            let said = try FlatJSON(reply.body)
            #expect(reply.status == .ok)
            #expect(said.scalar("MaDoiTac") == "PARTNER")
            #expect(said.scalar("ThoiGianGD") == "20260512093015")
            let signed = ["MaLoi", "MoTaLoi", "MaDoiTac", "ThoiGianGD"].map { said.scalar($0) ?? "?" } + ["SECRET"]
            #expect(said.scalar("MaXacThuc") == Digest.sha256(signed.joined(separator: "|")).hex)
            codes.append("\(said.scalar("MaLoi") ?? "")\(gateway.endsRetries(answer) ? " ends" : "")")
        }
        #expect(codes == ["00 ends", "00 ends", "01", "04", "97", "99", "00 ends", "99"])
    }

    @Test("a payment request is signed over what it says and names the payee's account; the same order, the same bytes")
    func request() throws {
        let parties = PaymentRequest.Parties(
            payerName: "Nguyễn Văn Mẫu", payeeCode: "A35.12.08", payeeName: "Đảng bộ mẫu",
            account: PayeeAccount(bankCode: "VBA", accountNumber: "1500201113838", holderName: "DANG BO MAU"))
        let request = try GatewayFigures.request(parties: parties)
        let call = try #require(try GatewayFigures.portal().pageCall(for: request))
        let said = try FlatJSON(call.body)
        let names = [
            "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan",
            "MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
        ]
        let signed = names.map { said.scalar($0) ?? "?" }
        #expect(
            signed == [
                "PAYMENT", "1.0.0", "PARTNER", "DP26050001", "15930", "1", "1", "1", "vi", "VND", "",
                "Dang phi DP26050001", "20260512093015", "",
            ])
        #expect(said.scalar("MaXacThuc") == Digest.sha256((signed + ["SECRET"]).joined(separator: "|")).hex)
        let receipt = try #require(try ContractsJSON.decode(JSONValue.self, from: call.body)["ThongTinBienLai"])
        #expect(receipt["TKThuHuong"] == "1500201113838")
        #expect(receipt["MaNHThuHuong"] == "VBA")
        #expect(receipt["HoTenNguoiNop"] == "Nguyễn Văn Mẫu")
        #expect(try GatewayFigures.portal().pageCall(for: request)?.body == call.body)
        #expect(try GatewayFigures.portal().pageCall(for: GatewayFigures.request()) == nil)
    }

    @Test("the page in the answer must be a safe address")
    func page() throws {
        let request = try GatewayFigures.request()
        func page(_ json: String) -> PageReading { GatewayFigures.portal().page(in: Array(json.utf8), for: request) }
        #expect(page(#"{"MaLoi":"00","UrlThanhToan":"https://pay.example/1"}"#) == .page("https://pay.example/1"))
        #expect(page(#"{"MaLoi":"00","UrlThanhToan":"http://pay.example/1"}"#) == .unusable(reason: "page"))
        #expect(page(#"{"MaLoi":"00","UrlThanhToan":"javascript:alert(1)"}"#) == .unusable(reason: "page"))
        #expect(page(#"{"MaLoi":"03"}"#) == .refused(reason: "gateway-refused"))
        #expect(page("<html>") == .unusable(reason: "not-json"))
    }

    @Test(
        "a status is believed when it is signed and about the order asked for",
        arguments: [("1", CallbackOutcome.paid), ("3", .pending), ("4", .declined)])
    func status(state: String, outcome: CallbackOutcome) throws {
        let order = try GatewayFigures.asked()
        let gateway = GatewayFigures.portal()
        func read(_ json: String) -> StatusReading {
            gateway.status(in: RawCallback(bytes: Array(json.utf8), receivedAt: Date()), of: order)
        }
        let call = try FlatJSON(gateway.statusCall(about: order, to: "https://portal.example/status").body)
        let asked = ["LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"].map { call.scalar($0) ?? "?" }
        #expect(asked == ["QUERY", "1.0.0", "PARTNER", "DP26050001", "20260512093015"])
        #expect(call.scalar("MaXacThuc") == Digest.sha256((asked + ["SECRET"]).joined(separator: "|")).hex)
        let fields = PortalSigner.callback("DP26050001").merging(["TrangThaiGD": state]) { $1 }
        #expect(read(PortalSigner.json(fields, PortalSigner.status)).told?.callback?.outcome == outcome)
        #expect(read(PortalSigner.json(fields, PortalSigner.status, secret: "X")).told?.refusal == .notAuthentic)
        let other = fields.merging(["MaThamChieu": "DP26050002"]) { $1 }
        #expect(read(PortalSigner.json(other, PortalSigner.status)).told?.reason == "other-question")
        let none = fields.merging(["TrangThaiGD": "", "MaLoi": "01"]) { $1 }
        #expect(read(PortalSigner.json(none, PortalSigner.status)).isNoPayment)
        let odd = fields.merging(["TrangThaiGD": "9"]) { $1 }
        #expect(read(PortalSigner.json(odd, PortalSigner.status)).told?.refusal == .unusable)
    }
}
