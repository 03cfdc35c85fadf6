import Contracts
import Foundation
import Testing

@testable import RoutingDomain

@Suite("The sealed paper file of a transfer")
struct PaperFileTests {
    @Test("handed over beside the way, and arrived after the case is complete; nothing else of the case changes")
    func life() throws {
        var file = try CarriedFile.issued()
        let before = try file.one.running
        let told = try file.record(.handedOver)
        let running = try file.one.running
        let today = Day(containing: file.one.now)
        #expect(
            told == [
                .paperFileRecorded(
                    CasePaperFileRecorded(
                        dossierId: running.dossierId, memberId: running.memberId, state: .handedOver, on: today,
                        organizationId: file.one.land.baseA, recordedAt: file.one.now))
            ])
        #expect(running.version == before.version + 1 && running.revision == before.revision)
        #expect(running.turns == before.turns && running.ahead == before.ahead && running.stage == before.stage)
        let seat = Seat(organizationId: file.one.land.baseA, role: .organisationOfficer)
        let first = try #require(try file.records.first)
        #expect(first.seat == seat && first.byMemberId == file.sender.memberId && first.forMemberId == nil)
        #expect(first.byName == "Cán bộ Đảng bộ cơ sở A")

        // Who decides saw the case before the record, and is not too late.
        let turn = try #require(running.turn)
        let decision = OfficerAction(
            officer: file.one.land.country.officer(turn.organizationId), action: "approve", step: turn.step,
            turn: turn.number, version: before.revision)
        try file.one.tell(.act(decision))
        try file.one.carry()
        try file.one.sign()
        #expect(try file.one.running.stage == .completed)
        try file.record(.arrived)
        #expect(try file.one.running.stage == .completed)
        #expect(try file.records.map(\.state) == [.handedOver, .arrived])
        #expect(try file.records.last?.organizationId == file.one.land.baseB)
    }

    @Test(
        "which record may follow which",
        arguments: [
            ([], [.handedOver]), ([.handedOver], [.arrived, .lost, .returned]),
            ([.handedOver, .lost], [.arrived, .policeConfirmed, .returned]),
            ([.handedOver, .lost, .policeConfirmed], [.arrived, .reissued, .returned]),
            ([.handedOver, .lost, .policeConfirmed, .reissued], [.arrived, .lost, .returned]),
            ([.handedOver, .arrived], [.returned]), ([.handedOver, .lost, .arrived], [.returned]),
            ([.handedOver, .returned], [.handedOver]),
        ] as [([PaperFileState], [PaperFileState])])
    func order(_ recorded: [PaperFileState], _ following: [PaperFileState]) throws {
        var file = try CarriedFile.issued()
        // Wrongly addressed, so that it can go back too.
        try file.sendBack()
        for state in recorded { try file.record(state) }
        for state in PaperFileState.allCases {
            let refusal = try file.refusal(file.entry(state))
            #expect(refusal?.rule == (following.contains(state) ? nil : "paper-file-order"), "\(recorded), \(state)")
            #expect(refusal == nil || refusal?.field == "state")
        }
        let both = try Set(file.offered(to: file.sender) + file.offered(to: file.receiver))
        #expect(both == Set(following))
    }

    @Test("nothing is handed over before box 1 is signed, nor after a refusal, a withdrawal or a cancelled move")
    func letter() throws {
        var opened = try CarriedFile()
        #expect(try opened.refusal(.handedOver) == "paper-file-letter")
        #expect(try opened.offered(to: opened.sender).isEmpty)
        var withdrawn = opened
        try withdrawn.one.tell(.withdraw)
        #expect(try withdrawn.refusal(.handedOver) == "paper-file-letter")
        try opened.one.act("refuse", text: "Chưa đủ căn cứ")
        #expect(try opened.refusal(.handedOver) == "paper-file-letter")

        var cancelled = try CarriedFile.issued()
        try cancelled.record(.handedOver, .lost, .policeConfirmed)
        let secretary = cancelled.one.land.country.officer(cancelled.one.land.cellA)
        try cancelled.one.tell(
            .act(
                OfficerAction(
                    officer: secretary, action: "cancel", step: "introduce", turn: 1, text: "Không chuyển nữa")))
        #expect(try cancelled.one.running.stage == .refused)
        #expect(try cancelled.refusal(.reissued) == "paper-file-letter")
        // It turned up again.
        try cancelled.record(.returned)
        #expect(try cancelled.refusal(.handedOver) == "paper-file-letter")
        // Whoever handed it over still has to do with the case.
        #expect(CaseEngine.organizations(of: try cancelled.one.running).contains(cancelled.one.land.baseA))
    }

    @Test("goes back when the letter is void or wrongly addressed, until the member is admitted; never otherwise")
    func back() throws {
        var file = try CarriedFile.issued()
        try file.record(.handedOver)
        #expect(try file.refusal(.returned) == "paper-file-not-due-back")
        #expect(try file.offered(to: file.sender) == [.lost])
        var anew = file
        let secretary = file.one.land.country.officer(file.one.land.cellA)
        try anew.one.tell(
            .act(
                OfficerAction(
                    officer: secretary, action: "reissue", step: "introduce", turn: 1, text: "Sai ngày sinh")))
        try anew.record(.returned)
        #expect(try anew.refusal(.handedOver) == "paper-file-letter")
        try anew.one.act("approve")
        try anew.record(.handedOver)

        try file.sendBack()
        var back = file
        try back.record(.returned)
        // What was readdressed since is no reason once the member is admitted.
        try file.one.act("readdress", fields: ["destinationCellId": "\(file.one.land.baseCellB)"])
        #expect(try file.refusal(.returned) == nil)
        try file.one.carry()
        #expect(try file.one.running.admittedOn != nil)
        #expect(try file.refusal(.returned) == "paper-file-not-due-back")
    }

    @Test("a lost file that turns up goes back whatever the letter, also after the admission")
    func found() throws {
        var file = try CarriedFile.issued()
        try file.record(.handedOver, .lost)
        var early = file
        try early.record(.returned)
        try file.record(.policeConfirmed)
        try file.one.carry()
        #expect(try file.one.running.admittedOn != nil)
        try file.record(.returned)
        #expect(try file.records.last?.state == .returned)
    }

    @Test("what arrived at a wrong address can be lost on the way to the right one, and is issued anew")
    func lostOnTheWay() throws {
        var file = try CarriedFile.issued()
        try file.record(.handedOver, .arrived)
        #expect(try file.refusal(.lost) == "paper-file-order")
        try file.sendBack()
        try file.one.act("readdress", fields: ["destinationCellId": "\(file.one.land.baseCellB)"])
        try file.record(.lost, .policeConfirmed, .reissued)
        try file.record(.arrived, by: file.one.land.country.officer(file.one.land.communeB))
    }

    @Test("after a second handover what was void before is no reason to take the file back")
    func secondHandOver() throws {
        var file = try CarriedFile.issued()
        try file.record(.handedOver)
        let secretary = file.one.land.country.officer(file.one.land.cellA)
        file.one.now = file.one.now.addingTimeInterval(60)
        try file.one.tell(
            .act(
                OfficerAction(
                    officer: secretary, action: "reissue", step: "introduce", turn: 1, text: "Sai ngày sinh")))
        file.one.now = file.one.now.addingTimeInterval(60)
        try file.record(.returned)
        try file.one.act("approve")
        file.one.now = file.one.now.addingTimeInterval(60)
        try file.record(.handedOver)
        #expect(try file.refusal(.returned) == "paper-file-not-due-back")
    }

    @Test("nothing is handed over before its letter was issued")
    func beforeTheLetter() throws {
        var file = try CarriedFile()
        file.one.now = try Day("2026-11-25").start.addingTimeInterval(36_000)
        try file.one.act("approve")
        #expect(try file.refusal(.handedOver, on: "2026-11-24") == "paper-file.day")
        try file.record(.handedOver, on: "2026-11-25")
    }

    @Test("within one base organisation the file stays where it is")
    func withinBase() throws {
        var file = try CarriedFile()
        let (land, around) = (file.one.land, try file.one.around)
        let dossier = try land.country.dossier(of: land.member.memberId, to: land.neighbourA, received: land.communeA)
        file.one.take(try CaseEngine.open(dossier, from: land.cellA, in: around))
        try file.one.act("approve")
        #expect(try file.refusal(.handedOver) == "paper-file-none")
        #expect(try file.offered(to: file.sender) == [])
    }

    @Test("nobody stands above a body abroad: who handed the file over hears that it arrived")
    func abroad() throws {
        var file = try CarriedFile()
        let abroad = file.one.land.country.add(.external, "Đảng bộ ngoài nước Mẫu", staffed: false)
        let (land, around) = (file.one.land, try file.one.around)
        let dossier = try land.country.dossier(of: land.member.memberId, to: abroad, received: land.communeA)
        file.one.take(try CaseEngine.open(dossier, from: land.cellA, in: around))
        try file.one.act("approve")
        try file.record(.handedOver)
        #expect(try file.refusal(.arrived) == "paper-file-not-yours")
        try file.record(.arrived, by: file.sender)
        #expect(try file.records.last?.organizationId == land.baseA)
    }

    @Test("a case that began without an address is no reason to take the file back")
    func addressedFirst() throws {
        var file = try CarriedFile.issued()
        var one = file.one
        let (land, around) = (one.land, try one.around)
        let dossier = try land.country.dossier(of: land.member.memberId, to: nil, received: land.communeA)
        one.take(try CaseEngine.open(dossier, from: land.cellA, in: around))
        try one.act("readdress", fields: ["destinationCellId": "\(land.cellB)"])
        try one.act("approve")
        file.one = one
        try file.record(.handedOver)
        #expect(try file.refusal(.returned) == "paper-file-not-due-back")
    }

    @Test("what was wrongly addressed arrives again at the right side, and nowhere twice")
    func arrivesAgain() throws {
        var file = try CarriedFile.issued()
        try file.record(.handedOver, .arrived)
        try file.sendBack()
        try file.one.act("readdress", fields: ["destinationCellId": "\(file.one.land.baseCellB)"])
        // The committee of a base cell is the one above it.
        let right = file.one.land.country.officer(file.one.land.communeB)
        #expect(try file.refusal(.arrived) == "paper-file-not-yours")
        try file.record(.arrived, by: right)
        #expect(try file.refusal(.arrived, by: right) == "paper-file-order")
    }

    @Test("each side records its own, and both a loss")
    func sides() throws {
        var file = try CarriedFile.issued()
        let country = file.one.land.country
        for other in [file.one.land.cellA, file.one.land.sectionA, file.one.land.communeA, file.one.land.baseB] {
            #expect(try file.refusal(.handedOver, by: country.officer(other)) == "paper-file-not-yours")
        }
        #expect(try file.refusal(.handedOver, by: country.person("Không vai trò")) == "paper-file-not-yours")
        try file.record(.handedOver)
        #expect(try file.refusal(.arrived, by: file.sender) == "paper-file-not-yours")
        #expect(try file.offered(to: file.receiver) == [.arrived, .lost])
        for officer in [file.sender, file.receiver] { #expect(try file.refusal(.lost, by: officer) == nil) }
        try file.record(.lost, by: file.receiver)
        #expect(try file.records.last?.organizationId == file.one.land.baseB)
        #expect(try file.refusal(.policeConfirmed, by: file.receiver) == "paper-file-not-yours")
        try file.record(.policeConfirmed)
        #expect(try file.refusal(.reissued, by: file.receiver) == "paper-file-not-yours")
    }

    @Test("never the member himself, nor who entered the dossier, nor who decides nothing; then the superior acts")
    func persons() throws {
        var own = try CarriedFile.issued { land in
            land.country.staffing.add(
                land.member.memberId, to: Seat(organizationId: land.baseA, role: .organisationOfficer))
        }
        #expect(try own.refusal(.handedOver, by: own.one.land.member) == "own-matter")
        try own.record(.handedOver)

        let helper = own.sender
        var entered = try CarriedFile(enteredBy: helper.memberId)
        try entered.one.act("approve")
        #expect(try entered.refusal(.handedOver) == "entered-dossier")
        let superior = entered.one.land.country.officer(entered.one.land.communeA)
        try entered.record(.handedOver, by: superior)
        let record = try #require(try entered.records.last)
        #expect(record.organizationId == entered.one.land.baseA)
        #expect(record.seat == Seat(organizationId: entered.one.land.communeA, role: .organisationOfficer))

        let file = try CarriedFile.issued()
        let suspended = Officer(memberId: file.sender.memberId, fullName: "Cán bộ", state: .suspended)
        #expect(try file.refusal(.handedOver, by: suspended) == "no-deciding-member")
    }

    @Test("a substitute records for the absent officer")
    func substitute() throws {
        var file = try CarriedFile.issued()
        let (substitute, absent) = (file.one.land.country.person("Người thay"), file.sender)
        file.one.land.country.staffing.add(
            substitute.memberId, to: Seat(organizationId: file.one.land.baseA, role: .organisationOfficer),
            standingInFor: absent.memberId)
        try file.record(.handedOver, by: substitute)
        #expect(try file.records.last?.byMemberId == substitute.memberId)
        #expect(try file.records.last?.forMemberId == absent.memberId)
    }

    @Test("a loss has a report, a police confirmation its number and which police; nothing else has these")
    func contents() throws {
        var file = try CarriedFile.issued()
        let today = Day(containing: file.one.now)
        func fault(
            _ state: PaperFileState, text: String? = nil, reference: String? = nil, police: String? = nil
        ) throws -> [String?] {
            let refusal = try file.refusal(
                PaperFileEntry(
                    officer: file.sender, state: state, on: today, text: text, reference: reference, police: police))
            return refusal.map { [$0.field, $0.rule] } ?? []
        }
        #expect(try fault(.handedOver, reference: "1") == ["reference", "field.unknown"])
        #expect(try fault(.handedOver, police: "Công an") == ["police", "field.unknown"])
        try file.record(.handedOver)
        #expect(try fault(.lost) == ["text", "text.required"])
        #expect(try fault(.lost, text: " \n") == ["text", "text.required"])
        #expect(try fault(.lost, text: String(repeating: "ô", count: 2_001)) == ["text", "text.length"])
        try file.record(.lost)
        #expect(try file.records.last?.text == "Mất trên đường đi")
        #expect(try fault(.policeConfirmed, police: "Công an xã") == ["reference", "paper-file.line"])
        #expect(try fault(.policeConfirmed, reference: "1/XN") == ["police", "paper-file.line"])
        let long = String(repeating: "1", count: 201)
        #expect(try fault(.policeConfirmed, reference: long, police: "Công an xã") == ["reference", "paper-file.line"])
        #expect(try fault(.policeConfirmed, reference: "1/XN", police: "a\nb") == ["police", "paper-file.line"])
        let told = try file.record(.policeConfirmed)
        guard case .paperFileRecorded(let event)? = told.first else {
            Issue.record("\(told)")
            return
        }
        #expect(event.reference == "15/XN-CAX" && event.police == "Công an xã Mẫu A")
        #expect(try file.records.last?.reference == "15/XN-CAX" && file.records.last?.police == "Công an xã Mẫu A")
    }

    @Test("a day may be past, but not before the case or the record before, nor to come")
    func days() throws {
        var file = try CarriedFile.issued()
        file.one.now = try Day("2026-12-04").start.addingTimeInterval(36_000)
        #expect(try file.refusal(.handedOver, on: "2026-11-19") == "paper-file.day")
        #expect(try file.refusal(.handedOver, on: "2026-12-05") == "paper-file.day")
        #expect(try file.refusal(file.entry(.handedOver, on: "2026-12-05"))?.field == "on")
        #expect(try file.refusal(.handedOver, on: "2026-11-20") == nil)
        try file.record(.handedOver, on: "2026-11-25")
        #expect(try file.refusal(.arrived, on: "2026-11-24") == "paper-file.day")
        try file.record(.arrived, on: "2026-11-25")
        #expect(try file.records.map(\.on) == [Day("2026-11-25"), Day("2026-11-25")])
        #expect(try file.records.last?.recordedAt == file.one.now)
    }

    @Test("overdue when the member has had it for longer than the letter may take to be presented")
    func overdue() throws {
        var file = try CarriedFile.issued()
        func isOverdue(at day: String, _ file: CarriedFile) throws -> Bool {
            var one = file.one
            one.now = try Day(day).start.addingTimeInterval(43_200)
            return try one.around.isPaperFileOverdue(one.running)
        }
        #expect(try !isOverdue(at: "2027-03-01", file))
        try file.record(.handedOver)
        // 30 working days from Friday, 20 November 2026.
        #expect(try !isOverdue(at: "2027-01-05", file))
        #expect(try isOverdue(at: "2027-01-06", file))
        var arrived = file
        try arrived.record(.arrived)
        #expect(try !isOverdue(at: "2027-01-06", arrived))
        try file.record(.lost)
        #expect(try !isOverdue(at: "2027-01-06", file), "nobody has it")
        file.one.now = try Day("2026-12-04").start.addingTimeInterval(36_000)
        try file.record(.policeConfirmed, .reissued)
        #expect(try !isOverdue(at: "2027-01-06", file), "a new file has a time of its own")
        #expect(try isOverdue(at: "2027-03-01", file))
    }

    @Test("a procedure without a paper file takes no record")
    func none() throws {
        var one = try PublishedCase("temporary-transfer")
        try one.open(
            from: one.land.cellA,
            form: [
                "destinationCellId": .string("\(one.land.cellB)"), "stayFrom": "2026-12-01",
                "stayUntil": "2027-05-31", "stayReason": "work",
            ])
        try one.act("approve")
        let sender = one.land.country.officer(one.land.baseA)
        let entry = PaperFileEntry(officer: sender, state: .handedOver, on: Day(containing: one.now))
        #expect(throws: Refusal.noPaperFile) {
            try CaseEngine.apply(.recordPaperFile(entry), to: one.running, in: one.around)
        }
        #expect(try CaseEngine.paperFileStates(for: sender, in: one.running, around: one.around).isEmpty)
    }

    @Test("a case that was kept before there were paper files is read, and goes on with one")
    func before() throws {
        var file = try CarriedFile.issued()
        let kept = try ContractsJSON.decode(JSONValue.self, from: ContractsJSON.encode(file.one.running))
        #expect(kept.object?["dossierId"] != nil && kept.object?["paperFile"] == nil)
        try file.record(.handedOver)
        let copy = try ContractsJSON.decode(RunningCase.self, from: ContractsJSON.encode(file.one.running))
        #expect(try copy == file.one.running && copy.paperFile?.records.count == 1)
    }
}
