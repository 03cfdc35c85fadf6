import Contracts
import Foundation
import Testing

@testable import RoutingDomain

@Suite("The life of a letter of introduction")
struct LetterTests {
    private let land = TwoCommunes()
    private var around: Circumstances { get throws { try land.country.around() } }

    @Test("the letter is issued with its first box")
    func issued() throws {
        let opened = try land.opened(to: land.cellB).running
        let approval = try land.country.action("approve", in: opened, fields: ["duesPaidThrough": "2026-11"])
        let change = try CaseEngine.apply(approval, to: opened, in: around)
        let letters = change.events.compactMap { event -> CaseLetterIssued? in
            if case .letterIssued(let letter) = event { letter } else { nil }
        }
        #expect(letters.count == 1)
        #expect(letters.first?.memberId == opened.memberId && letters.first?.fromCellId == land.cellA)
        #expect(letters.first?.duesPaidThrough?.text == "2026-11" && letters.first?.temporaryUntil == nil)
        let next = try CaseEngine.apply(
            land.country.action("approve", in: change.running), to: change.running, in: around)
        #expect(!next.events.map(kind).contains("letter"))
    }

    @Test(
        "the letter states the dues as Dues does, unless the officer says otherwise; neither that nor arrears blocks it"
    )
    func dues() throws {
        let (october, november) = (try DuesMonth("2026-10"), try DuesMonth("2026-11"))
        let standing = DuesStanding(paidThrough: october, arrearsMonths: [november], arrears: Dong(15_930))
        let opened = try land.opened(to: land.cellB).running
        func issued(_ fields: [String: String], _ dues: DuesStanding?) throws -> RunningCase {
            try CaseEngine.apply(
                land.country.action("approve", in: opened, fields: fields), to: opened,
                in: land.country.around(dues: dues)
            ).running
        }
        let plain = try issued([:], standing)
        #expect(plain.duesPaidThrough == october && plain.warnings == [.arrears])
        let other = try issued(["duesPaidThrough": "2026-11"], standing)
        #expect(other.duesPaidThrough == november && other.warnings == [.duesDiffer, .arrears])
        let paid = DuesStanding(paidThrough: november, arrearsMonths: [], arrears: .zero)
        #expect(try issued(["duesPaidThrough": "2026-11"], paid).warnings.isEmpty)
        let unknown = try issued([:], nil)
        #expect(unknown.duesPaidThrough == nil && unknown.warnings.isEmpty)
        // Only the letter states it: a later box changes nothing.
        let next = try CaseEngine.apply(
            land.country.action("approve", in: plain), to: plain, in: land.country.around(dues: paid)
        ).running
        #expect(next.duesPaidThrough == october && next.warnings == [.arrears])
    }

    @Test("on probation the letter tells when it ends and takes the admission file along, with a warning in time")
    func probation() throws {
        func opened(now: String) throws -> RunningCase {
            let around = try land.country.around(
                now: Day(now).start.addingTimeInterval(36_000), probationary: true)
            return try CaseEngine.open(
                land.country.dossier(of: land.member.memberId, to: land.cellB, received: land.communeA),
                from: land.cellA, in: around
            ).running
        }
        // Twelve months after 28 December 2025; a letter has 30 working days.
        #expect(try opened(now: "2026-11-02").warnings.isEmpty)
        #expect(try opened(now: "2026-11-20").warnings == [.recognitionDue])
        var running = try opened(now: "2026-11-02")
        let around = try land.country.around(probationary: true)
        var events: [CaseEvent] = []
        while let turn = running.turn {
            let name = turn.place == .destination ? "admit" : "approve"
            let change = try CaseEngine.apply(land.country.action(name, in: running), to: running, in: around)
            events += change.events
            running = change.running
        }
        guard case .resultRequested(let request)? = events.last else {
            Issue.record("no letter")
            return
        }
        #expect(request.content.fields["recognitionDueOn"] == "28/12/2026")
        #expect(request.content.fields["enclosedFile"] == "Hồ sơ kết nạp đảng viên")
        #expect(request.content.fields["cardNumber"] == nil)
        let full = try land.country.walkToAdmission(land.opened(to: land.cellB).running)
        guard case .resultRequested(let plain)? = full.events.last else {
            Issue.record("no letter")
            return
        }
        #expect(plain.content.fields["recognitionDueOn"] == nil && plain.content.fields["enclosedFile"] == nil)
        #expect(plain.content.fields["cardNumber"] == "000001")
    }

    @Test("an error in box 1: the letter is void with all its boxes, and the cell writes it anew")
    func reissued() throws {
        let before = try land.carried(land.opened(to: land.cellB).running, until: land.communeA)
        #expect(before.boxes.count == 3)
        let change = try CaseEngine.apply(cancelling("reissue", before), to: before, in: around)
        #expect(change.events.map(kind) == ["letter to be reissued", "entered introduce 1"])
        let after = change.running
        #expect(after.stage == .running && after.boxes.isEmpty && after.duesPaidThrough == nil)
        #expect(after.cancelledLetters.map(\.boxes) == [before.boxes])
        #expect(after.cancelledLetters.first?.reason == "Sai ngày sinh")
        #expect(after.turn?.organizationId == land.cellA && after.turn?.number == before.turn.map { $0.number + 1 })
        #expect(after.done == before.done)
        // The new letter has its own first box, and ends like any other.
        let end = try land.country.walkToAdmission(after)
        #expect(end.running.stage == .awaitingResult)
        #expect(end.running.boxes.map(\.number) == Array(1...7))
        guard case .resultRequested(let request)? = end.events.last else {
            Issue.record("no request")
            return
        }
        #expect(request.content.boxes.map(\.number) == Array(1...7))
    }

    @Test("the move is off: the letter is void and the case ends with the reason")
    func cancelled() throws {
        let before = try land.carried(land.opened(to: land.cellB).running, until: land.baseB)
        let change = try CaseEngine.apply(cancelling("cancel", before), to: before, in: around)
        #expect(change.events.map(kind) == ["letter void", "rejected pass-down"])
        #expect(change.running.stage == .refused && change.running.outcome == "cancelled")
        #expect(change.running.boxes.isEmpty && change.running.cancelledLetters.count == 1)
        #expect(throws: Refusal.notRunning) {
            try CaseEngine.apply(cancelling("reissue", before), to: change.running, in: around)
        }
    }

    @Test("a letter whose case is withdrawn or stopped is void, one that was not issued is not")
    func otherEnds() throws {
        let opened = try land.opened(to: land.cellB).running
        let onTheWay = try land.carried(opened, until: land.communeA)
        let withdrawn = try CaseEngine.apply(.withdraw, to: onTheWay, in: around)
        #expect(withdrawn.events.map(kind) == ["letter void", "done withdrawn"])
        #expect(withdrawn.running.cancelledLetters.first?.reason == nil)
        let early = try CaseEngine.apply(.withdraw, to: opened, in: around)
        #expect(early.events.map(kind) == ["done withdrawn"])
        let atCell = try land.carried(opened, until: land.cellB)
        let returned = try CaseEngine.apply(
            land.country.action("return", in: atCell, text: "Không thuộc chi bộ"), to: atCell, in: around)
        #expect(returned.running.cancelledLetters.isEmpty)
        let stopped = try CaseEngine.apply(
            land.country.action("refuse", in: returned.running, text: "Không còn nơi nhận"), to: returned.running,
            in: around)
        #expect(stopped.events.map(kind) == ["letter void", "completed readdress 8", "rejected readdress"])
    }

    @Test("only who signed box 1 cancels the letter, with a reason, until the member is admitted")
    func refusals() throws {
        let running = try land.carried(land.opened(to: land.cellB).running, until: land.communeA)
        #expect(throws: Refusal.textMissing) {
            try CaseEngine.apply(cancelling("reissue", running, reason: " "), to: running, in: around)
        }
        let stranger = land.country.officer(land.baseA)
        #expect(throws: Refusal.boxNotYours) {
            try CaseEngine.apply(cancelling("cancel", running, by: stranger), to: running, in: around)
        }
        let admitted = try land.country.walkToAdmission(running).running
        #expect(throws: Refusal.letterUsed) {
            try CaseEngine.apply(cancelling("cancel", admitted), to: admitted, in: around)
        }
        // The turn of a letter that is void already is not that of the one written since.
        let anew = try CaseEngine.apply(cancelling("reissue", running), to: running, in: around).running
        let stale = cancelling("cancel", running)
        #expect(throws: Refusal.letterCancelled) { try CaseEngine.apply(stale, to: anew, in: around) }
        let signed = try CaseEngine.apply(land.country.action("approve", in: anew), to: anew, in: around).running
        #expect(throws: Refusal.letterCancelled) { try CaseEngine.apply(stale, to: signed, in: around) }
    }

    @Test("a letter that is wrongly addressed is addressed before it is written anew")
    func reissuedWhileReaddressing() throws {
        let atCell = try land.carried(land.opened(to: land.cellB).running, until: land.cellB)
        let returned = try CaseEngine.apply(
            land.country.action("return", in: atCell, text: "Không thuộc chi bộ"), to: atCell, in: around
        ).running
        let change = try CaseEngine.apply(cancelling("reissue", returned), to: returned, in: around)
        #expect(change.events.map(kind) == ["letter to be reissued", "entered readdress -"])
        let readdressed = try CaseEngine.apply(
            land.country.action("readdress", in: change.running, fields: ["destinationCellId": "\(land.cellB)"]),
            to: change.running, in: around)
        #expect(readdressed.running.turn?.step == "introduce" && readdressed.running.turn?.box == 1)
    }

    @Test("who signed in the place of a cell without a secretary cancels the letter too")
    func signedBySuperior() throws {
        var country = land.country
        country.staffing = Staffing()
        for organization in [land.sectionA, land.baseA, land.communeA] {
            country.staffing.add(
                country.officer(organization).memberId,
                to: Seat(organizationId: organization, role: .organisationOfficer))
        }
        let opened = try CaseEngine.open(
            country.dossier(of: land.opened(to: land.cellB).running.memberId, to: land.cellB, received: land.communeA),
            from: land.cellA, in: country.around()
        ).running
        let seat = try #require(opened.turn?.seat)
        #expect(seat.organizationId != land.cellA)
        let superior = country.officer(seat.organizationId)
        let signed = try CaseEngine.apply(
            country.action("approve", in: opened, by: superior), to: opened, in: country.around()
        ).running
        let cancelled = try CaseEngine.apply(
            cancelling("cancel", signed, by: superior), to: signed, in: country.around())
        #expect(cancelled.running.outcome == "cancelled")
    }

    private func cancelling(
        _ name: String, _ running: RunningCase, reason: String = "Sai ngày sinh", by officer: Officer? = nil
    ) -> CaseCommand {
        let turn = running.done.first { $0.box == 1 }?.number
        return .act(
            OfficerAction(
                officer: officer ?? land.country.officer(land.cellA), action: name, step: "introduce", turn: turn,
                text: reason))
    }
}
