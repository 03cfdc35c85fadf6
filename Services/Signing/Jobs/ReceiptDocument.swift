import Contracts
import Foundation
import SigningDocuments
import SigningDomain

/// Puts a receipt into the form that is drawn.
struct ReceiptDocument {
    /// Name and version, kept in the file's properties; a new wording is a new version.
    static let template = "dues-receipt/1"

    let content: DocumentContent

    /// - Parameters:
    ///   - superior: the body above the issuing one.
    ///   - names: of the payer and the members of the lines.
    ///   - signer: the name in the seal's certificate.
    ///   - address: the page that verifies the receipt.
    init(
        _ request: ReceiptDocumentRequested, issuer: OrganizationState, superior: OrganizationState?,
        names: [MemberID: String], signer: String, verification: VerificationID, address: String, at now: Date
    ) {
        let isCash = request.channel == "cash"
        var facts: [DocumentContent.Fact] = []
        if let payer = request.payerMemberId.flatMap({ names[$0] }) { facts.append(.init("Người nộp tiền", payer)) }
        facts += [
            .init("Số tiền", "\(request.amount)"),
            .init("Bằng chữ", "\(AmountInWords(request.amount))"),
            .init("Hình thức", isCash ? "Tiền mặt" : "Cổng thanh toán \(request.channel)"),
            .init("Mã thanh toán", request.reference.text),
        ]
        if !isCash { facts.append(.init("Mã giao dịch của cổng", request.gatewayTransaction)) }
        facts.append(.init("Thời điểm nộp", ResultDocument.moment(request.paidAt)))
        content = DocumentContent(
            template: Self.template,
            issuer: .init(superior: superior?.name.uppercased(), name: issuer.name.uppercased()),
            number: request.number,
            placeAndDate: ResultDocument.capitalized(officialDate(request.issuedAt)),
            title: isCash ? "PHIẾU THU ĐẢNG PHÍ" : "BIÊN LAI THU ĐẢNG PHÍ", facts: facts,
            table: Self.table(of: request, names: names),
            signature: .init(authority: "T/M \(issuer.name.uppercased())", role: "CON DẤU ĐIỆN TỬ", name: signer),
            recipients: ["Người nộp tiền", "Lưu sổ thu đảng phí"],
            verification: .init(identifier: verification.text, address: address), createdAt: now)
    }

    /// A row for each line, one for what no line took, and the sum.
    private static func table(
        of request: ReceiptDocumentRequested, names: [MemberID: String]
    ) -> DocumentContent.Table {
        var rows = request.lines.enumerated().map { index, line in
            [
                "\(index + 1)", names[line.memberId] ?? "",
                "\(ResultDocument.two(line.month.month))/\(line.month.year)", "\(line.amount)",
            ]
        }
        if let overpaid = request.overpaid { rows.append(["", "Số tiền nộp thừa, chờ hoàn trả", "", "\(overpaid)"]) }
        rows.append(["", "Cộng", "", "\(request.amount)"])
        return DocumentContent.Table(
            columns: [
                .init("STT", share: 1), .init("Đảng viên", share: 6), .init("Kỳ đảng phí", share: 2.5),
                .init("Số tiền", share: 3, isFigure: true),
            ], rows: rows)
    }
}
