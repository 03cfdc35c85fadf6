import Contracts
import Foundation
import WorkingTime

extension Draft {
    /// Everybody has acted: asks for the signed result with all boxes of the letter, or with the opinions.
    mutating func requestResult() {
        guard definition.result != nil else { return }
        running.stage = .awaitingResult
        running.turns = []
        running.ahead = []
        askForResult()
    }

    /// Asks for the result as the case stands; what was asked for before is out of date with that.
    mutating func askForResult() {
        guard let result = definition.result else { return }
        running.requests += 1
        emit(
            .resultRequested(
                CaseResultRequested(
                    dossierId: running.dossierId, dossierCode: running.code, documentType: result.document,
                    version: running.requests, memberId: running.memberId, issuingOrganizationId: issuer(result.issuer),
                    requestedAt: around.now,
                    content: CaseResultRequested.Content(
                        title: result.title, boxes: letterBoxes() + opinionBoxes(), fields: resultFields()),
                    requestedByOrganizationId: definition.opinion == nil ? nil : asking)))
    }

    /// The body that took the first step of the way.
    private var asking: OrganizationID? {
        running.done.first { $0.step == definition.route.stations.first }?.organizationId
    }

    private func letterBoxes() -> [CaseResultRequested.Box] {
        running.boxes.map { box in
            CaseResultRequested.Box(
                number: box.number, organizationName: box.organizationName, text: running.printedText(of: box),
                signerName: box.signerName, signedAt: box.signedAt)
        }
    }

    private func opinionBoxes() -> [CaseResultRequested.Box] {
        guard let form = definition.opinion else { return [] }
        return running.opinions.enumerated().map { index, opinion in
            CaseResultRequested.Box(
                number: running.boxes.count + index + 1, organizationName: opinion.organizationName,
                text: opinion.printed(by: form), signerName: opinion.signerName, signedAt: opinion.signedAt)
        }
    }

    /// The body that issues the result; where the rule finds none with a seal, the body that received the dossier.
    private func issuer(_ rule: ProcedureDefinition.Issuer) -> OrganizationID {
        let cell: OrganizationID? =
            switch rule {
            case .receivingBody: nil
            case .sendingSide: running.fromCellId
            case .receivingSide: running.toCellId
            case .at(let expression): organizations(at: expression).first
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
        fields["cardNumber"] = applicant.isProbationary ? nil : applicant.cardNumber
        fields["recognisedOn"] = applicant.recognisedOn.map(Draft.written)
        // On probation the admission file goes in place of the card.
        fields["recognitionDueOn"] = applicant.recognitionDueOn.map(Draft.written)
        fields["enclosedFile"] = applicant.isProbationary ? "Hồ sơ kết nạp đảng viên" : nil
        fields["fromOrganization"] = around.tree[running.fromCellId]?.name
        fields["toOrganization"] = running.toCellId.flatMap { around.tree.successor(of: $0)?.name }
        fields["admittedOn"] = running.admittedOn.map(Draft.written)
        fields["duesPaidThrough"] = running.duesPaidThrough.map(Draft.written)
        if let stay = definition.period?.stay(in: running.form) {
            fields["stayFrom"] = Draft.written(stay.from)
            fields["stayUntil"] = Draft.written(stay.until)
        }
        let sheets = definition.continuationSheets(for: running.boxes.last?.number ?? 0, in: running.variant)
        if sheets > 0 { fields["continuationSheets"] = "\(sheets)" }
        fields["purpose"] = definition.opinion?.purpose(in: running.form)?.vietnamese
        fields["duesMonth"] = (running.form["duesMonth"]?.string).flatMap { try? DuesMonth($0) }.map(Draft.written)
        fields["reason"] = (try? BoxText.checked(running.form["reason"]?.string)) ?? nil
        return fields
    }

    static func written(_ day: Day) -> String { "\(two(day.dayOfMonth))/\(two(day.month))/\(day.year)" }

    private static func written(_ month: DuesMonth) -> String { "\(two(month.month))/\(month.year)" }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Circumstances {
    /// Whether the member was admitted later after the introduction than the definition wishes.
    func isPresentedLate(_ running: RunningCase) -> Bool {
        running.boxes.first.map { isPresentationLate(running, since: $0.signedAt) } ?? false
    }

    /// Whether more time than a letter may take to be presented has passed.
    func isPresentationLate(_ running: RunningCase, since moment: Date) -> Bool {
        guard let limit = definition.letter?.presentWithin,
            let end = try? workingTime(of: running.fromCellId).deadline(from: moment, limit: limit)
        else { return false }
        return now > end.at
    }
}
