import Contracts
import Foundation
import SigningDocuments
import SigningDomain

/// Puts a request and its codes into the form that is drawn.
struct ResultDocument {
    let content: DocumentContent
    let template: ResultTemplate

    /// - Parameters:
    ///   - superior: the body above the issuing one.
    ///   - signer: the name in the seal's certificate.
    ///   - address: the page that verifies the result.
    init(
        _ request: CaseResultRequested, codes: ResultCodes, issuer: OrganizationState, superior: OrganizationState?,
        signer: String, verification: VerificationID, address: String, at now: Date
    ) {
        let template = ResultTemplate(documentType: request.documentType)
        let wanted = request.content
        self.template = template
        content = DocumentContent(
            template: template.name,
            issuer: .init(superior: superior?.name.uppercased(), name: issuer.name.uppercased()),
            number: codes.number.description, placeAndDate: Self.capitalized(officialDate(now)),
            title: template.title(of: wanted), addressee: wanted.fields[template.addressee],
            facts: template.facts(of: wanted).map { .init($0.label, $0.value) }, paragraphs: template.paragraphs,
            boxes: Self.boxes(of: wanted, by: template),
            signature: .init(authority: "T/M \(issuer.name.uppercased())", role: "CON DẤU ĐIỆN TỬ", name: signer),
            recipients: ["Đồng chí có tên trên", "Lưu hồ sơ điện tử \(request.dossierCode)"],
            verification: .init(identifier: verification.text, address: address), createdAt: now)
    }

    /// Each box of a letter introduces the member to the organisation of the next one, the last to the destination.
    private static func boxes(
        of content: CaseResultRequested.Content, by template: ResultTemplate
    ) -> [DocumentContent.Box] {
        content.boxes.enumerated().map { index, box in
            let next =
                index + 1 < content.boxes.count
                ? content.boxes[index + 1].organizationName : content.fields["toOrganization"]
            return DocumentContent.Box(
                number: box.number, from: box.organizationName, to: template.isLetter ? next : nil, content: box.text,
                placeAndDate: capitalized(officialDate(box.signedAt)), role: "NGƯỜI KÝ", signer: box.signerName,
                note: "Ký số \(moment(box.signedAt))")
        }
    }

    static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// The moment in Vietnam, `20/11/2026 09:15`.
    static func moment(_ date: Date) -> String {
        let day = Day(containing: date)
        let minutes = Int(date.timeIntervalSince(day.start)) / 60
        return "\(two(day.dayOfMonth))/\(two(day.month))/\(day.year) \(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// With two digits at least.
    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
