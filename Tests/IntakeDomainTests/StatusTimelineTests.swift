import Contracts
import Foundation
import Testing

@testable import IntakeDomain

@Suite("The status of a dossier")
struct StatusTimelineTests {
    private let dossier: DossierID = Forms.ids.next(at: Forms.moment)
    private let cell: OrganizationID = Forms.ids.next(at: Forms.moment)
    private let officer: MemberID = Forms.ids.next(at: Forms.moment)
    private let due = Deadline(at: Forms.moment, calendarVersion: "test", provisional: false)

    /// The entries of events in the order of their topics, a second apart.
    private func entries(_ events: [ProgressEvent]) -> [TimelineEntry] {
        var sequences: [String: Int64] = [:]
        return events.enumerated().map { index, event in
            let topic = type(of: event.payload).topic.name
            sequences[topic, default: 0] += 1
            return TimelineEntry(
                topic: topic, sequence: sequences[topic] ?? 0, at: Forms.moment.addingTimeInterval(Double(index)),
                event: event)
        }
    }

    private func status(_ events: ProgressEvent...) -> DossierStatus { StatusTimeline(entries(events)).status }

    private var opened: ProgressEvent {
        get throws {
            .opened(
                CaseOpened(
                    dossierId: dossier, code: try DossierCode("A35.12-261120-0001"), procedure: .officialTransfer,
                    procedureVersion: 1, memberId: officer, organizationId: cell, openedAt: Forms.moment))
        }
    }
    private func entered(_ step: String) -> ProgressEvent {
        .stepEntered(
            CaseStepEntered(
                dossierId: dossier, step: step, organizationId: cell, role: .cellSecretary, enteredAt: Forms.moment,
                due: due))
    }
    private var completed: ProgressEvent {
        .stepCompleted(
            CaseStepCompleted(
                dossierId: dossier, step: "introduce", organizationId: cell, action: "approve", byMemberId: officer,
                at: Forms.moment))
    }
    private var rejected: ProgressEvent {
        .rejected(
            CaseRejected(
                dossierId: dossier, step: "introduce", organizationId: cell, reason: "Thiếu chữ ký",
                rejectedAt: Forms.moment))
    }
    private func requested(_ version: Int = 1) throws -> ProgressEvent {
        .resultRequested(
            CaseResultRequested(
                dossierId: dossier, dossierCode: try DossierCode("A35.12-261120-0001"), documentType: "GGT",
                version: version, memberId: officer, issuingOrganizationId: cell, requestedAt: Forms.moment,
                content: .init(title: "Giấy giới thiệu", boxes: [], fields: [:])))
    }
    private func issued(_ version: Int = 1) throws -> ProgressEvent {
        let code = try DossierCode("A35.12-261120-0001")
        return .resultIssued(
            ResultIssued(
                dossierId: dossier, resultId: Forms.ids.next(at: Forms.moment),
                resultCode: try ResultCode("KQ.A35.12.GGT.1-GGT/ĐU"),
                storeKey: try ResultStoreKey(dossier: code, number: 1),
                documentType: "GGT", version: version, number: "1-GGT/ĐU", issuingOrganizationId: cell,
                signedAt: Forms.moment, sha256: try ContentDigest(String(repeating: "0", count: 64)), size: 1,
                verificationId: .make(), signerClass: .development, level: .basic))
    }
    private func finished(_ outcome: String) -> ProgressEvent {
        .completed(CaseCompleted(dossierId: dossier, outcome: outcome, finishedAt: Forms.moment))
    }

    @Test("a transfer from receipt to its end")
    func wholeWay() throws {
        #expect(StatusTimeline([]).status == .received)
        #expect(status(try opened, entered("introduce")) == .inProgress)
        #expect(status(try opened, entered("introduce"), completed, try requested()) == .awaitingResult)
        #expect(status(try opened, try requested(), try issued()) == .resultIssued)
        #expect(status(try opened, try requested(), try issued(), finished("admitted")) == .completed)
    }

    @Test("the letter is told of with the cell that issued it, and changes nothing of whose turn it is")
    func letter() throws {
        func void(_ reissued: Bool) -> ProgressEvent {
            .letterCancelled(
                CaseLetterCancelled(
                    dossierId: dossier, memberId: officer, fromCellId: cell, reissued: reissued,
                    cancelledAt: Forms.moment))
        }
        let issued = ProgressEvent.letterIssued(
            CaseLetterIssued(dossierId: dossier, memberId: officer, fromCellId: cell, issuedAt: Forms.moment))
        let timeline = StatusTimeline(
            entries([try opened, entered("introduce"), completed, issued, entered("pass-down"), void(true)]))
        #expect(timeline.status == .inProgress && timeline.turn?.step == "pass-down")
        #expect(issued.organization == cell && void(true).organization == cell)
        #expect(issued.text(at: "Chi bộ A1").vietnamese == "Chi bộ A1 đã cấp giấy giới thiệu")
        #expect(void(true).text(at: "Chi bộ A1").english == "The letter is void; Chi bộ A1 issues it anew")
        #expect(void(false).text(at: "Chi bộ A1").english == "The letter is void")
    }

    @Test("whose turn it is is shown only while it is somebody's")
    func turn() throws {
        #expect(StatusTimeline(entries([try opened, entered("introduce")])).turn?.step == "introduce")
        #expect(StatusTimeline(entries([try opened, entered("introduce"), completed])).turn == nil)
    }

    @Test("a refusal is the end; after a return the dossier is on hold and goes on")
    func refusal() throws {
        let refused = StatusTimeline(entries([try opened, entered("introduce"), rejected]))
        #expect(refused.status == .refused && refused.reason == "Thiếu chữ ký" && refused.status.isFinal)
        let returned = StatusTimeline(entries([try opened, entered("pass-down"), rejected, entered("readdress")]))
        #expect(returned.status == .onHold && returned.turn?.step == "readdress" && returned.reason != nil)
        let again = StatusTimeline(
            entries([try opened, rejected, entered("readdress"), completed, entered("pass-down")]))
        #expect(again.status == .inProgress && again.reason == nil)
    }

    @Test("a dossier that nobody can act on is on hold")
    func unroutable() throws {
        let event = ProgressEvent.unroutable(
            CaseUnroutable(dossierId: dossier, step: "readdress", reason: "destination-missing", since: Forms.moment))
        #expect(status(try opened, entered("readdress"), event) == .onHold)
        #expect(status(try opened, event, entered("readdress")) == .onHold)
    }

    @Test("a result of an older request does not answer the newest one")
    func olderResult() throws {
        #expect(status(try opened, try requested(1), try issued(1), try requested(2)) == .awaitingResult)
    }

    @Test("events that arrive in any order give the same answer")
    func anyOrder() throws {
        let all = entries([
            try opened, entered("introduce"), completed, try requested(), try issued(), finished("admitted"),
        ])
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            #expect(StatusTimeline(all.shuffled(using: &generator)) == StatusTimeline(all))
        }
    }

    @Test("a withdrawal ends it, even before Routing has heard of it")
    func withdrawal() throws {
        let event = ProgressEvent.withdrawn(
            DossierWithdrawn(dossierId: dossier, withdrawnAt: Forms.moment, byMemberId: officer))
        #expect(status(event) == .withdrawn)
        #expect(status(event, try opened, entered("introduce")) == .withdrawn)
        #expect(status(try opened, finished("withdrawn")) == .withdrawn)
    }

    @Test("what becomes of the paper file stands in the timeline, each in its words, and changes no status")
    func paperFile() throws {
        func event(_ state: PaperFileState) -> ProgressEvent {
            .paperFileRecorded(
                CasePaperFileRecorded(
                    dossierId: dossier, memberId: officer, state: state, on: Day(containing: Forms.moment),
                    organizationId: cell, recordedAt: Forms.moment))
        }
        let papers = PaperFileState.allCases.map(event)
        let running = [try opened, entered("introduce"), asked()]
        let before = StatusTimeline(entries(running))
        let after = StatusTimeline(entries(running + papers))
        #expect(before.status == .awaitingSupplement && after.status == before.status)
        #expect(after.turn == before.turn && after.wanted == before.wanted)
        #expect(after.entries.count == before.entries.count + papers.count)
        let over = [try opened, try requested(), try issued(), finished("admitted")]
        #expect(StatusTimeline(entries(over + papers)).status == .completed)

        let texts = papers.map { $0.text(at: "Đảng bộ cơ sở A") }
        #expect(Set(texts.map(\.vietnamese)).count == papers.count)
        #expect(Set(texts.map(\.english)).count == papers.count)
        for text in texts { #expect(text.vietnamese.contains("Đảng bộ cơ sở A") && text.english.contains("cơ sở A")) }
        #expect(event(.arrived).text(at: nil).english == "The paper file arrived at the body in charge")
        for paper in papers {
            #expect(paper.organization == cell)
            let json = try ContractsJSON.encode(paper.payload)
            #expect(try ProgressEvent(type: CasePaperFileRecorded.type, json: json) == paper)
        }
    }

    private func asked(_ step: String = "introduce", at place: OrganizationID? = nil) -> ProgressEvent {
        .supplementRequested(
            CaseSupplementRequested(
                dossierId: dossier, step: step, organizationId: place ?? cell, byMemberId: officer,
                reason: "Thiếu số quyết định", requestedAt: Forms.moment))
    }
    private func supplemented(_ number: Int, answering sequence: Int64) -> ProgressEvent {
        .supplemented(
            DossierSupplemented(
                dossierId: dossier, number: number, requestSequence: sequence, byMemberId: officer,
                suppliedAt: Forms.moment, form: [:], changedFields: [], attachments: []))
    }

    @Test("a dossier waits from the request until the applicant answers it, or somebody acts all the same")
    func supplement() throws {
        let waiting = StatusTimeline(entries([try opened, entered("introduce"), asked()]))
        #expect(waiting.status == .awaitingSupplement && waiting.wanted?.sequence == 3)
        #expect(waiting.wanted?.request.reason == "Thiếu số quyết định" && waiting.turn?.step == "introduce")
        // Routing has not heard of the supplement yet: a second one would find nothing to answer.
        #expect(status(try opened, entered("introduce"), asked(), supplemented(1, answering: 3)) == .inProgress)
        let resumed = StatusTimeline(
            entries([try opened, entered("introduce"), asked(), supplemented(1, answering: 3), entered("introduce")]))
        #expect(resumed.status == .inProgress && resumed.wanted == nil)
        #expect(status(try opened, entered("introduce"), asked(), completed) == .inProgress)
        #expect(status(try opened, entered("introduce"), asked(), completed, entered("next")) == .inProgress)
        #expect(status(try opened, entered("introduce"), asked(), rejected) == .refused)
    }

    @Test("who asks twice is answered twice; a new seat for a waiting turn changes nothing")
    func askedAgain() throws {
        let again = StatusTimeline(
            entries([
                try opened, entered("introduce"), asked(), supplemented(1, answering: 3), entered("introduce"), asked(),
            ]))
        #expect(again.status == .awaitingSupplement && again.wanted?.sequence == 5)
        #expect(status(try opened, entered("introduce"), asked(), entered("introduce")) == .awaitingSupplement)
        let other: OrganizationID = Forms.ids.next(at: Forms.moment)
        #expect(status(try opened, entered("introduce"), asked(at: other), completed) == .awaitingSupplement)
        #expect(status(try opened, entered("introduce"), asked(at: other), completed, entered("next")) == .inProgress)
    }

    @Test("an entry is read back as it was written, and a type of a later version is left out")
    func readBack() throws {
        for event in [
            try opened, entered("a"), completed, rejected, asked(), supplemented(1, answering: 3), try requested(),
            try issued(), finished("x"),
        ] {
            let type = type(of: event.payload).type
            #expect(try ProgressEvent(type: type, json: ContractsJSON.encode(event.payload)) == event)
        }
        #expect(try ProgressEvent(type: "hoso.case.sung.v1", json: Array("{}".utf8)) == nil)
    }
}
