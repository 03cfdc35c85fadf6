import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceKit
import Trust

/// The payment platform of the national public service portal (nền tảng thanh toán của Cổng Dịch vụ công quốc gia).
///
/// JSON over POST; `MaXacThuc` is the lowercase hex SHA-256 of the listed values joined by `|` with the secret last.
struct PortalGateway: PaymentGateway {
    /// What the agreement with the platform gives and operators set.
    struct Configuration: Sendable {
        /// `MaDoiTac`.
        let partner: String
        /// The present secret first; while it is being changed also the one before.
        let secrets: [String]
        /// Where a payment is asked for.
        let requestURL: String
        /// Where the status is asked for; nobody is asked without it.
        var statusURL: String?
        /// Where refunds are asked for and asked about.
        var refundURL: String?
        var refundStatusURL: String?
        var minimum = Dong(1_000)
        var sources = SourceNetworks.any
        var words = Words()
    }

    /// The literal values of the agreement.
    struct Words: Sendable {
        /// `PhienBan`.
        var version = "1.0.0"
        /// `LoaiBanTin` of a payment request, a callback, a status query, a refund and a query about one.
        var messageTypes = [
            "request": "PAYMENT", "callback": "CONFIRM", "query": "QUERY", "refund": "REFUND",
            "refund-query": "REFUND_QUERY",
        ]
        /// The values of a payment request that are the same for all, by their names.
        var constants = [
            "LoaiHinhThanhToan": "1", "MaKenhThanhToan": "1", "MaThietBi": "1", "NgonNgu": "vi",
            "TenTTHC": "Dong dang phi",
        ]
        /// `MaLoi` that says paid, or done.
        var success = "00"
        /// `MaLoi` of a callback whose payment is not finished.
        var pending: Set<String> = []
        /// `MaLoi` of an answer about a refund that says that its number is not known.
        var unknownRefund: Set<String> = []
        /// `MaLoi` of our answers.
        var answers: [CallbackAnswer: String] = [
            .confirmed: "00", .alreadyConfirmed: "00", .notOurs: "00", .orderNotFound: "01", .wrongAmount: "04",
            .notAuthentic: "97", .unusable: "99", .tryAgain: "99",
        ]
        /// The member of the answer to a payment request that has the payer's page.
        var page = "UrlThanhToan"
        /// What the answer to a status query signs, in order.
        var statusFields = [
            "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
            "ThoiGianGD", "TrangThaiGD",
        ]
    }

    let name = "portal"
    let configuration: Configuration

    var minimum: Dong { configuration.minimum }
    /// `TKThuHuong` of every request; the signature does not cover it.
    var needsPayeeAccount: Bool { true }
    var sources: SourceNetworks { configuration.sources }
    var statusURL: String? { configuration.statusURL }
    var callbackMethod: HTTPRequest.Method { .post }

    static let currency = "VND"

    func reply(_ answer: CallbackAnswer, at moment: Date) -> Reply {
        let text =
            switch answer {
            case .confirmed, .alreadyConfirmed: "Thanh cong"
            case .orderNotFound: "Khong tim thay ma tham chieu"
            case .wrongAmount: "So tien khong khop"
            case .notAuthentic: "Ma xac thuc khong dung"
            case .unusable: "Du lieu khong hop le"
            case .notOurs: "Da ghi nhan, khong dung doi tac"
            case .tryAgain: "Tam thoi khong xu ly duoc"
            }
        let signed = [code(of: answer), text, configuration.partner, GatewayTime.text(of: moment)]
        let body = zip(["MaLoi", "MoTaLoi", "MaDoiTac", "ThoiGianGD", "MaXacThuc"], signed + [code(over: signed)])
            .map { #""\#($0)":"\#($1)""# }
        return Reply(
            .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: Array("{\(body.joined(separator: ","))}".utf8))
    }

    func endsRetries(_ answer: CallbackAnswer) -> Bool { code(of: answer) == configuration.words.success }

    private func code(of answer: CallbackAnswer) -> String { configuration.words.answers[answer] ?? "99" }

    /// `MaXacThuc` under the present secret.
    func code(over values: [String]) -> String { Self.code(over: values, configuration.secrets.first ?? "") }

    /// Whether one of the secrets made the code, compared as it was received.
    func isAuthentic(_ values: [String], code: String?) -> Bool {
        guard let code else { return false }
        return configuration.secrets.contains {
            MAC.constantTimeEquals(Self.code(over: values, $0).utf8, code.utf8)
        }
    }

    static func code(over values: [String], _ secret: String) -> String {
        Digest.sha256((values + [secret]).joined(separator: "|")).hex
    }
}
