import Contracts
import Foundation
import WorkingTime

extension Draft {
    /// The request for the signed result with all boxes of the letter.
    func resultRequest() -> CaseResultRequested {
        CaseResultRequested(
            dossierId: running.dossierId, dossierCode: running.code, documentType: definition.result.document,
            version: running.requests, memberId: running.memberId, issuingOrganizationId: issuer(),
            requestedAt: around.now,
            content: CaseResultRequested.Content(
                title: definition.result.title,
                boxes: running.boxes.map {
                    CaseResultRequested.Box(
                        number: $0.number, organizationName: $0.organizationName, text: $0.text,
                        signerName: $0.signerName, signedAt: $0.signedAt)
                },
                fields: resultFields()))
    }

    /// The body that issues the result; where the rule finds none with a seal, the body that received the dossier.
    private func issuer() -> OrganizationID {
        let cell: OrganizationID? =
            switch definition.result.issuer {
            case .receivingBody: nil
            case .sendingSide: running.fromCellId
            case .receivingSide: running.toCellId
            }
        let sealed = cell.flatMap { around.tree.path(from: $0).first { $0.hasSeal && $0.status == .active } }
        return sealed?.id ?? running.receivingOrganizationId
    }

    /// What the template prints beside the boxes, in the way letters are written.
    private func resultFields() -> [String: String] {
        let applicant = around.applicant
        var fields = [
            "dossierCode": running.code.text,
            "memberName": applicant.fullName,
            "joinedOn": Draft.written(applicant.joinedOn),
        ]
        fields["cardNumber"] = applicant.cardNumber
        fields["recognisedOn"] = applicant.recognisedOn.map(Draft.written)
        fields["fromOrganization"] = around.tree[running.fromCellId]?.name
        fields["toOrganization"] = running.toCellId.flatMap { around.tree.successor(of: $0)?.name }
        fields["admittedOn"] = running.admittedOn.map(Draft.written)
        fields["duesPaidThrough"] = running.duesPaidThrough.map { "\(Draft.two($0.month))/\($0.year)" }
        fields["reason"] = (try? BoxText.checked(running.form["reason"]?.string)) ?? nil
        return fields
    }

    static func written(_ day: Day) -> String { "\(two(day.dayOfMonth))/\(two(day.month))/\(day.year)" }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Circumstances {
    /// Whether the member was admitted later after the introduction than the definition wishes.
    func isPresentedLate(_ running: RunningCase) -> Bool {
        guard let limit = definition.letter.presentWithin, let issued = running.boxes.first?.signedAt,
            let end = try? workingTime(of: running.fromCellId).deadline(from: issued, limit: limit)
        else { return false }
        return now > end.at
    }
}
