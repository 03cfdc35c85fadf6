import Contracts
import Foundation
import Messaging
import NotificationDomain
import Projections

/// Makes notices of events: a delivery for each rule, recipient and channel.
struct NoticeConsumer: Sendable {
    let rules: NoticeRules
    let directory: DirectoryProjection

    var definition: ConsumerDefinition {
        ConsumerDefinition(
            name: "notification.notices",
            topics: [TopicCatalogue.dossiers, TopicCatalogue.cases, TopicCatalogue.results, TopicCatalogue.payments],
            kind: .effects
        )
        .on(DossierSubmitted.self) { message, scope in
            let dossier = message.payload
            try await DossierIndex.keep(
                dossier.dossierId, code: dossier.code, applicant: dossier.applicantMemberId, in: scope.transaction)
            scope.arrived("dossier:\(dossier.dossierId)")
            try await tell(
                dossier.applicantMemberId, of: message, dossier: dossier.dossierId,
                facts: [
                    "code": dossier.code.text, "receivedAt": NoticeFormat.moment(dossier.receivedAt),
                    "deadline": NoticeFormat.moment(dossier.deadline.at),
                ], scope)
        }
        .on(CaseOpened.self) { message, scope in
            // Nobody submitted it; its member hears of the result all the same.
            let opened = message.payload
            guard opened.campaignId != nil else { return }
            try await DossierIndex.keep(
                opened.dossierId, code: opened.code, applicant: opened.memberId, in: scope.transaction)
            scope.arrived("dossier:\(opened.dossierId)")
        }
        .on(DossierSupplemented.self) { message, scope in
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                dossier.applicant, of: message, dossier: message.payload.dossierId,
                facts: ["code": dossier.code.text, "suppliedAt": NoticeFormat.moment(message.payload.suppliedAt)],
                scope)
        }
        .on(MemberAdmitted.self) { message, scope in
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                message.payload.memberId, of: message, dossier: message.payload.dossierId,
                facts: ["code": dossier.code.text, "effectiveOn": NoticeFormat.day(message.payload.effectiveOn)], scope)
        }
        .on(CaseLetterIssued.self) { message, scope in
            // Not to the applicant: to those who lead where he holds an office.
            guard let offices = message.payload.offices else { return }
            let dossier = try await known(message.payload.dossierId, scope)
            for (officer, places) in try await leaders(of: offices, scope) where officer != dossier.applicant {
                try await tell(
                    officer, of: message, dossier: message.payload.dossierId,
                    facts: ["code": dossier.code.text, "organizations": places.joined(separator: ", ")], scope)
            }
        }
        .on(CaseLetterCancelled.self) { message, scope in
            // Of a move that is off its rejection tells; who took his dossier back knows.
            guard message.payload.reissued else { return }
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                dossier.applicant, of: message, dossier: message.payload.dossierId, facts: ["code": dossier.code.text],
                scope)
        }
        .on(CaseStayEnding.self) { message, scope in
            try await tellOfStay(of: message.payload.dossierId, until: message.payload.until, message, scope)
        }
        .on(CaseStayChanged.self) { message, scope in
            try await tellOfStay(of: message.payload.dossierId, until: message.payload.until, message, scope)
        }
        .on(CaseStayEnded.self) { message, scope in
            try await tellOfStay(of: message.payload.dossierId, until: message.payload.until, message, scope)
        }
        .on(CasePaperFileRecorded.self) { message, scope in
            // What was reported stands in the case, not in a mail.
            let record = message.payload
            let dossier = try await known(record.dossierId, scope)
            try await tell(
                record.memberId, of: message, in: record.state.rawValue, dossier: record.dossierId,
                facts: ["code": dossier.code.text, "on": NoticeFormat.day(record.on)], scope)
        }
        .on(CaseSupplementRequested.self) { message, scope in
            // What is missing stands in the case, not in a mail.
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                dossier.applicant, of: message, dossier: message.payload.dossierId, facts: ["code": dossier.code.text],
                scope)
        }
        .on(CaseRejected.self) { message, scope in
            // The reason stands in the case, not in a mail.
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                dossier.applicant, of: message, dossier: message.payload.dossierId, facts: ["code": dossier.code.text],
                scope)
        }
        .on(ResultIssued.self) { message, scope in
            let dossier = try await known(message.payload.dossierId, scope)
            try await tell(
                dossier.applicant, of: message, dossier: message.payload.dossierId,
                facts: [
                    "code": dossier.code.text, "number": message.payload.number,
                    "verificationId": message.payload.verificationId.text,
                ], scope)
        }
        .on(ReceiptIssued.self) { message, scope in
            // An organisation that paid for a list has its voucher; its members hear from it.
            guard let payer = message.payload.payerMemberId else { return }
            try await tell(payer, of: message, dossier: nil, facts: NoticeFormat.facts(of: message.payload), scope)
        }
        .on(RefundSucceeded.self) { message, scope in
            guard let payer = message.payload.payerMemberId else { return }
            try await tell(
                payer, of: message, dossier: nil, facts: ["amount": NoticeFormat.amount(message.payload.amount)], scope)
        }
    }

    private func tellOfStay<Payload: EventPayload>(
        of id: DossierID, until day: Day, _ message: Message<Payload>, _ scope: MessageScope
    ) async throws {
        let dossier = try await known(id, scope)
        try await tell(
            dossier.applicant, of: message, dossier: id,
            facts: ["code": dossier.code.text, "until": NoticeFormat.day(day)], scope)
    }

    /// Who leads the organisations of some offices, each with the names of those that he leads.
    private func leaders(
        of offices: [CaseLetterIssued.Office], _ scope: MessageScope
    ) async throws -> [MemberID: [String]] {
        var leaders: [MemberID: [String]] = [:]
        for id in Set(offices.map(\.organizationId)).sorted() {
            guard let place = try await directory.organization(id, in: scope.transaction) else {
                throw NotYet("organization:\(id)")
            }
            let role: RoleName = place.type.isCell ? .cellSecretary : .organisationOfficer
            for holder in try await directory.holders(of: role, at: id, now: scope.now, in: scope.transaction) {
                leaders[holder, default: []].append(place.name)
            }
        }
        return leaders
    }

    private func known(_ id: DossierID, _ scope: MessageScope) async throws -> DossierIndex.Entry {
        guard let dossier = try await DossierIndex.find(id, in: scope.transaction) else {
            throw NotYet("dossier:\(id)")
        }
        return dossier
    }

    private func tell<Payload: EventPayload>(
        _ recipient: MemberID, of message: Message<Payload>, in state: String? = nil, dossier: DossierID?,
        facts: [String: String], _ scope: MessageScope
    ) async throws {
        let event = message.type.split(separator: ".").dropLast().joined(separator: ".")
        let rules = rules.rules(for: event, in: state)
        guard !rules.isEmpty else { return }
        guard let member = try await directory.member(recipient, in: scope.transaction) else {
            throw NotYet("member:\(recipient)")
        }
        // After a death notices stop at once.
        guard member.state != .deceased else { return }
        for rule in rules {
            let notice = try rule.template.filled(with: facts)
            for (channel, address) in usableChannels(rule.channels, of: member.channels) {
                try await Deliveries.queue(
                    notice, rule: rule.name, cause: message.id, member: recipient, dossier: dossier, channel: channel,
                    address: address, id: DeliveryID(scope.context.ids.next()), now: scope.now, in: scope.transaction)
            }
        }
    }
}

/// Facts as people read them, in the time of Vietnam.
enum NoticeFormat {
    static func moment(_ date: Date) -> String {
        let local = Day(containing: date)
        let minutes = Int(date.timeIntervalSince(local.start)) / 60
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60)) \(day(local))"
    }

    static func day(_ day: Day) -> String {
        day.text.split(separator: "-").reversed().joined(separator: "/")
    }

    /// `15.930`: Vietnamese digits are grouped by points.
    static func amount(_ dong: Dong) -> String {
        let digits = String(dong.amount.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(".") }
            grouped.append(digit)
        }
        return dong.amount < 0 ? "-\(grouped)" : grouped
    }

    static func facts(of receipt: ReceiptIssued) -> [String: String] {
        let months = Set(receipt.lines.map(\.month)).sorted().map {
            $0.text.split(separator: "-").reversed().joined(separator: "/")
        }
        return [
            "number": receipt.number, "amount": amount(receipt.amount), "months": months.joined(separator: ", "),
        ]
    }
}
