import Contracts
import DuesDomain
import Foundation

extension PortalGateway {
    /// A payment request. Its times are those of the order, so that the same order gives the same bytes.
    private struct Request: Encodable {
        let LoaiBanTin: String
        let PhienBan: String
        let MaDoiTac: String
        let MaThamChieu: String
        let SoTien: String
        let LoaiHinhThanhToan: String
        let MaKenhThanhToan: String
        let MaThietBi: String
        let NgonNgu: String
        let MaTienTe: String
        let MaNganHang: String
        let ThongTinGiaoDich: String
        let ThoiGianGD: String
        let Ip: String
        let ThongTinBienLai: Receipt
        let MaXacThuc: String
    }

    /// For the receipt; `TKThuHuong` is the account that the money goes to.
    private struct Receipt: Encodable {
        struct Fee: Encodable {
            let TenPhiLePhi: String
            let SoTien: String
        }

        struct Item: Encodable {
            let NoiDung: String
            let SoTien: String
        }

        let MaTTHC: String
        let TenTTHC: String
        let MaDVC: String
        let TenDVC: String
        let MaDonVi: String
        let TenDonVi: String
        let MaHoSo: String
        let TenTKThuHuong: String
        let TKThuHuong: String
        let MaNHThuHuong: String
        let HoTenNguoiNop: String
        let SoCMNDNguoiNop: String
        let DiaChiNguoiNop: String
        let NoiDungThanhToan: String
        let PhiLePhi: [Fee]
        let DSKhoanNop: [Item]
    }

    private struct Query: Encodable {
        let LoaiBanTin: String
        let PhienBan: String
        let MaDoiTac: String
        let MaThamChieu: String
        let ThoiGianGD: String
        let MaXacThuc: String
    }

    /// The platform gives out an address for each payment.
    func paymentURL(for request: PaymentRequest) -> String? { nil }

    func pageCall(for request: PaymentRequest) throws -> GatewayCall? {
        guard let parties = request.parties else { return nil }
        let words = configuration.words
        let (type, amount) = (words.messageTypes["request"] ?? "", String(request.amount.amount))
        let time = GatewayTime.text(of: request.createdAt)
        let (kind, channel) = (constant("LoaiHinhThanhToan"), constant("MaKenhThanhToan"))
        let (device, language, bank) = (constant("MaThietBi"), constant("NgonNgu"), constant("MaNganHang"))
        let signed = [
            type, words.version, configuration.partner, request.reference.text, amount, kind, channel, device, language,
            Self.currency, bank, request.description, time, request.payerAddress ?? "",
        ]
        return try GatewayCall(
            url: configuration.requestURL,
            Request(
                LoaiBanTin: type, PhienBan: words.version, MaDoiTac: configuration.partner,
                MaThamChieu: request.reference.text, SoTien: amount, LoaiHinhThanhToan: kind, MaKenhThanhToan: channel,
                MaThietBi: device, NgonNgu: language, MaTienTe: Self.currency, MaNganHang: bank,
                ThongTinGiaoDich: request.description, ThoiGianGD: time, Ip: request.payerAddress ?? "",
                ThongTinBienLai: receipt(request, parties, amount), MaXacThuc: code(over: signed)))
    }

    private func receipt(_ request: PaymentRequest, _ parties: PaymentRequest.Parties, _ amount: String) -> Receipt {
        Receipt(
            MaTTHC: constant("MaTTHC"), TenTTHC: constant("TenTTHC"), MaDVC: constant("MaDVC"),
            TenDVC: constant("TenDVC"), MaDonVi: parties.payeeCode, TenDonVi: parties.payeeName,
            MaHoSo: request.reference.text, TenTKThuHuong: parties.account.holderName,
            TKThuHuong: parties.account.accountNumber, MaNHThuHuong: parties.account.bankCode,
            HoTenNguoiNop: parties.payerName, SoCMNDNguoiNop: "", DiaChiNguoiNop: "",
            NoiDungThanhToan: request.description,
            PhiLePhi: [Receipt.Fee(TenPhiLePhi: constant("TenTTHC"), SoTien: amount)],
            DSKhoanNop: [Receipt.Item(NoiDung: request.description, SoTien: amount)])
    }

    private func constant(_ name: String) -> String { configuration.words.constants[name] ?? "" }

    /// The answer is not signed in the interface as it is known; the page must be a safe address.
    func page(in answer: [UInt8], for request: PaymentRequest) -> PageReading {
        guard let message = try? FlatJSON(answer), let code = message.scalar("MaLoi") else {
            return .unusable(reason: "not-json")
        }
        guard code == configuration.words.success else { return .refused(reason: "gateway-refused") }
        guard let page = message.scalar(configuration.words.page),
            GatewayText.isPage(page, of: configuration.requestURL)
        else { return .unusable(reason: "page") }
        return .page(page)
    }

    func statusCall(about order: AskedOrder, to url: String) throws -> GatewayCall {
        let words = configuration.words
        let (type, time) = (words.messageTypes["query"] ?? "", GatewayTime.text(of: order.createdAt))
        let signed = [type, words.version, configuration.partner, order.reference.text, time]
        return try GatewayCall(
            url: url,
            Query(
                LoaiBanTin: type, PhienBan: words.version, MaDoiTac: configuration.partner,
                MaThamChieu: order.reference.text, ThoiGianGD: time, MaXacThuc: code(over: signed)))
    }

    func status(in answer: RawCallback, of order: AskedOrder) -> StatusReading {
        let message: FlatJSON
        switch authentic(answer.bytes, configuration.words.statusFields) {
        case .success(let read): message = read
        case .failure(let fault): return .told(fault.reading)
        }
        guard message.scalar("MaThamChieu") == order.reference.text else {
            return .told(.refused(.unusable, reason: "other-question"))
        }
        let code = message.scalar("MaLoi") ?? ""
        switch message.scalar("TrangThaiGD") {
        case "1": return .told(told(message, .paid, code: code))
        case "3": return .told(told(message, .pending, code: code))
        case "4": return .told(told(message, .declined, code: code))
        // Nothing is known of it when the state is empty and the code is not that of success.
        case nil, "":
            guard code != configuration.words.success else { return .told(.refused(.unusable, reason: "state")) }
            return .noPayment(code: code)
        default: return .told(.refused(.unusable, reason: "state"))
        }
    }
}
