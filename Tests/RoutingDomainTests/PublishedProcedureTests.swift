import Contracts
import Foundation
import RoutingProcedures
import Testing

@testable import RoutingDomain

/// A case of a published procedure among two communes, and who acts in it.
struct PublishedCase {
    let definition: ProcedureDefinition
    var land = TwoCommunes()
    var now = Country.morning
    var residence: OrganizationID?
    var exempt = false
    var stay: MemberState.Stay?
    var openStay: OpenStay?
    private(set) var events: [CaseEvent] = []
    private(set) var opened: RunningCase?

    init(_ procedure: String) throws {
        definition = try #require(
            ProcedureCatalogue.bundled().definition(ProcedureCode(procedure), version: 1))
        land.country.giveAllRoles()
    }

    var running: RunningCase {
        get throws { try #require(opened) }
    }

    var around: Circumstances {
        get throws {
            try land.country.around(
                now: now, definition: definition, residence: residence, exempt: exempt, stay: stay, openStay: openStay)
        }
    }

    mutating func open(
        from cell: OrganizationID, form: [String: JSONValue] = [:], received body: OrganizationID? = nil
    ) throws {
        let change = try CaseEngine.open(
            land.country.dossier(of: land.member.memberId, to: nil, received: body ?? land.communeA, form: form),
            from: cell,
            in: around)
        events = change.events
        opened = change.running
    }

    /// Lets whoever sits at an open turn act: at the first, or at that of an organisation.
    @discardableResult
    mutating func act(
        _ action: String, at organization: OrganizationID? = nil, text: String? = nil, fields: [String: String] = [:]
    ) throws -> CaseChange {
        let running = try running
        let turn = try #require(running.turns.first { organization == nil || $0.organizationId == organization })
        let officer = land.country.officer(turn.seat?.organizationId ?? turn.organizationId)
        return try tell(
            .act(
                OfficerAction(
                    officer: officer, action: action, step: turn.step, turn: turn.number, text: text, fields: fields)))
    }

    @discardableResult
    mutating func tell(_ command: CaseCommand) throws -> CaseChange {
        try take(CaseEngine.apply(command, to: running, in: around))
    }

    /// Goes on with a changed case.
    @discardableResult
    mutating func take(_ change: CaseChange) -> CaseChange {
        events += change.events
        opened = change.running
        return change
    }

    /// The rule by which an action is refused; nil when it is taken.
    func refusal(
        _ action: String, at organization: OrganizationID? = nil, text: String? = nil, fields: [String: String] = [:]
    ) throws -> String? {
        var copy = self
        do {
            try copy.act(action, at: organization, text: text, fields: fields)
            return nil
        } catch let refusal as Refusal {
            return refusal.rule
        }
    }

    /// Everybody hands on until the case stands with the organisation, or nobody's turn is left.
    mutating func carry(to organization: OrganizationID? = nil, last: String = "admit") throws {
        while let turn = try running.turn, turn.organizationId != organization {
            try act(turn.place == .destination ? last : "approve")
        }
    }

    /// What is asked to be signed.
    func request() throws -> CaseResultRequested {
        let found = events.compactMap { event -> CaseResultRequested? in
            if case .resultRequested(let request) = event { request } else { nil }
        }
        return try #require(found.last)
    }

    /// Signing answers, and the case is complete.
    mutating func sign() throws {
        let request = try request()
        try tell(.resultIssued(document: request.documentType, version: request.version))
    }
}

@Suite("The temporary transfer, as published")
struct TemporaryTransferTests {
    func stay(_ from: String, _ until: String, _ reason: String, to cell: OrganizationID) -> [String: JSONValue] {
        [
            "destinationCellId": .string("\(cell)"), "stayFrom": .string(from), "stayUntil": .string(until),
            "stayReason": .string(reason),
        ]
    }

    @Test("walks like a transfer on a letter of eight boxes and admits for the stay only")
    func walk() throws {
        var one = try PublishedCase("temporary-transfer")
        try one.open(
            from: one.land.cellA, form: stay("2026-12-01", "2027-05-31", "work", to: one.land.cellB))
        #expect(one.definition.letter?.boxes == 8)
        try one.carry()
        let admissions = one.events.compactMap { event -> MemberAdmitted? in
            if case .admitted(let admission) = event { admission } else { nil }
        }
        #expect(admissions.map(\.temporaryUntil) == [try Day("2027-05-31")])
        let request = try one.request()
        #expect(request.documentType == "GGTTT")
        #expect(request.content.fields["stayFrom"] == "01/12/2026")
        #expect(request.content.fields["stayUntil"] == "31/05/2027")
        try one.sign()
        #expect(try one.running.stage == .completed)
    }

    @Test(
        "3 months to under 1 year for residence and work, 3 months to 2 years for study",
        arguments: [
            ("residence", "2026-12-01", "2027-02-28", true), ("residence", "2026-12-01", "2027-02-27", false),
            ("work", "2026-12-01", "2027-11-29", true), ("work", "2026-12-01", "2027-11-30", false),
            ("study", "2026-12-01", "2028-11-30", true), ("study", "2026-12-01", "2028-12-01", false),
            ("study", "2026-11-30", "2027-02-27", true), ("travel", "2026-12-01", "2027-05-31", false),
            ("work", "2027-05-31", "2026-12-01", false),
        ])
    func lengths(_ given: (reason: String, from: String, until: String, isAllowed: Bool)) throws {
        let (reason, from, until, isAllowed) = given
        var one = try PublishedCase("temporary-transfer")
        try one.open(from: one.land.cellA, form: stay(from, until, reason, to: one.land.cellB))
        #expect(try one.running.warnings == (isAllowed ? [] : [.periodNotAllowed]))
        #expect(try one.refusal("approve") == (isAllowed ? nil : "period-not-allowed"))
    }

    @Test("a stay of a wrong length is supplemented, and the case goes on")
    func supplemented() throws {
        var one = try PublishedCase("temporary-transfer")
        try one.open(from: one.land.cellA, form: stay("2026-12-01", "2026-12-31", "work", to: one.land.cellB))
        try one.act("supplement", text: "Thời gian quá ngắn")
        let right = stay("2026-12-01", "2027-03-31", "work", to: one.land.cellB)
        try one.tell(.supplemented(form: .object(right)))
        #expect(try one.running.warnings == [])
        try one.carry()
        #expect(try one.running.stage == .awaitingResult)
    }

    @Test("wrongly addressed, it returns to the common superior and reaches the right cell")
    func returned() throws {
        var one = try PublishedCase("temporary-transfer")
        try one.open(from: one.land.cellA, form: stay("2026-12-01", "2027-05-31", "study", to: one.land.cellB))
        try one.carry(to: one.land.cellB)
        try one.act("return", text: "Không thuộc chi bộ")
        #expect(try one.running.turn?.organizationId == one.land.province)
        try one.act("readdress", fields: ["destinationCellId": "\(one.land.baseCellB)"])
        try one.carry()
        #expect(try one.running.toCellId == one.land.baseCellB)
        // Nine boxes on a letter of eight.
        #expect(try one.request().content.fields["continuationSheets"] == "1")
    }
}

@Suite("The opinion of the place of residence, as published")
struct ResidenceOpinionTests {
    static let grades = ["obligations": "good", "conduct": "good", "contact": "fair", "family": "good"]

    func opened(_ cells: [OrganizationID]? = nil, purpose: String? = "cadre", in one: inout PublishedCase) throws {
        var form: [String: JSONValue] = [:]
        form["residenceCellIds"] = cells.map { cells in .array(cells.map { .string("\($0)") }) }
        form["purpose"] = purpose.map { .string($0) }
        try one.open(from: one.land.cellA, form: form)
    }

    @Test("from the place of work to the residence's committee, its cell, back to the committee, and signed")
    func walk() throws {
        var one = try PublishedCase("residence-opinion")
        one.residence = one.land.cellB
        try opened(in: &one)
        #expect(try one.running.turn?.organizationId == one.land.baseA)
        try one.act("approve")
        #expect(try one.running.turn?.organizationId == one.land.baseB)
        try one.act("approve")
        #expect(try one.running.turn?.organizationId == one.land.cellB)
        // The cell's next meeting is on the 25th.
        #expect(try one.running.turn.map { Day(containing: $0.due.at).text } == "2026-11-25")
        try one.act("record", text: "Gương mẫu", fields: Self.grades)
        #expect(try one.running.turn?.role == .committeeSigner)
        try one.act("confirm")
        let request = try one.request()
        #expect(request.issuingOrganizationId == one.land.baseB)
        #expect(request.requestedByOrganizationId == one.land.baseA)
        #expect(request.content.fields["purpose"] == "Công tác cán bộ")
        #expect(request.content.boxes.map(\.organizationName) == ["Chi bộ B1"])
        #expect(
            request.content.boxes[0].text.hasPrefix("Thực hiện nghĩa vụ công dân nơi cư trú: Tốt\n")
                && request.content.boxes[0].text.hasSuffix("\nGương mẫu"))
        try one.sign()
        #expect(try one.running.outcome == "opinion-given")
        // The place of work sees what it asked for.
        #expect(CaseEngine.organizations(of: try one.running).contains(one.land.baseA))
    }

    @Test("who moved within the year is given opinions by both cells at the same time")
    func both() throws {
        var one = try PublishedCase("residence-opinion")
        let cells = [one.land.cellB, one.land.baseCellB]
        try opened(cells, in: &one)
        try one.act("approve")
        #expect(try one.running.turns.map(\.organizationId) == [one.land.baseB, one.land.communeB])
        try one.act("approve", at: one.land.communeB)
        #expect(try one.running.turns.map(\.organizationId) == [one.land.baseB])
        try one.act("approve")
        #expect(try one.running.turns.map(\.organizationId) == cells)
        #expect(Set(try one.running.turns.map(\.number)).count == 2)
        for cell in cells.reversed() { try one.act("record", at: cell, text: "Tốt", fields: Self.grades) }
        #expect(try one.running.opinions.map(\.organizationId) == cells.reversed())
        try one.act("confirm")
        #expect(try one.running.stage == .running)
        try one.act("confirm")
        #expect(try one.running.stage == .awaitingResult)
        #expect(try one.request().content.boxes.count == 2)
    }

    @Test("who may not act in one of the parallel turns acts in none of them")
    func parallelStrangers() throws {
        var one = try PublishedCase("residence-opinion")
        try opened([one.land.cellB, one.land.baseCellB], in: &one)
        try one.act("approve")
        let running = try one.running
        let around = try one.around
        #expect(CaseEngine.refusal(of: one.land.country.officer(one.land.communeB), in: running, around: around) == nil)
        #expect(
            CaseEngine.refusal(of: one.land.country.officer(one.land.communeA), in: running, around: around)
                == .noRoleHere)
        let first = try #require(running.turns.first)
        let wrong = OfficerAction(
            officer: one.land.country.officer(one.land.communeB), action: "approve", step: first.step,
            turn: first.number)
        #expect(throws: Refusal.noRoleHere) { try CaseEngine.apply(.act(wrong), to: running, in: around) }
    }

    @Test("a member exempt from activity at the residence gets no annual opinion, only the other purposes")
    func exempt() throws {
        for (purpose, rule) in [
            ("annual", "opinion-not-due"), ("cadre", nil), ("reward", nil), ("discipline", nil),
            ("other", "purpose-missing"), (nil, "purpose-missing"),
        ] as [(String?, String?)] {
            var one = try PublishedCase("residence-opinion")
            one.residence = one.land.cellB
            one.exempt = true
            try opened(purpose: purpose, in: &one)
            #expect(try one.refusal("approve") == rule)
        }
        var one = try PublishedCase("residence-opinion")
        one.residence = one.land.cellB
        try opened(purpose: "annual", in: &one)
        #expect(try one.refusal("approve") == nil)
    }

    @Test("an opinion names every criterion with a known grade")
    func grades() throws {
        var one = try PublishedCase("residence-opinion")
        try opened([one.land.cellB], in: &one)
        for _ in 0..<2 { try one.act("approve") }
        var fields = Self.grades
        fields["family"] = nil
        #expect(try one.refusal("record", text: "Tốt", fields: fields) == "field.required")
        fields["family"] = "excellent"
        #expect(try one.refusal("record", text: "Tốt", fields: fields) == "grade.unknown")
        #expect(try one.refusal("record", fields: Self.grades) == "text.required")
        fields = Self.grades
        fields["taste"] = "good"
        #expect(try one.refusal("record", text: "Tốt", fields: fields) == "field.unknown")
    }

    @Test("accepted at no residence: an exception for the committee that received the dossier")
    func nowhere() throws {
        var one = try PublishedCase("residence-opinion")
        try opened(in: &one)
        #expect(one.events.map(kind).last == "unroutable readdress destination-missing")
        #expect(try one.running.turn?.organizationId == one.land.communeA)
        try one.act("readdress", fields: ["destinationCellId": "\(one.land.cellB)"])
        #expect(try one.running.turn?.step == "ask")
    }

    @Test("one of two cells was wrongly named: the right one is asked, the other's opinion stands")
    func returned() throws {
        var one = try PublishedCase("residence-opinion")
        let right = one.land.neighbourA
        try opened([one.land.cellB, one.land.baseCellB], in: &one)
        try one.act("approve")
        for _ in 0..<2 { try one.act("approve") }
        try one.act("record", at: one.land.cellB, text: "Tốt", fields: Self.grades)
        try one.act("return", at: one.land.baseCellB, text: "Không cư trú ở đây")
        #expect(try one.running.turn?.step == "readdress")
        try one.act("readdress", fields: ["destinationCellId": "\(right)"])
        #expect(Set(try one.running.turns.map(\.organizationId)) == [one.land.baseA, one.land.baseB])
        for _ in 0..<2 { try one.act("approve") }
        #expect(try one.running.turns.map(\.organizationId) == [right])
        try one.act("record", text: "Khá", fields: Self.grades)
        for _ in 0..<2 { try one.act("confirm") }
        #expect(try one.request().content.boxes.map(\.organizationName) == ["Chi bộ B1", "Chi bộ A2"])
    }
}

@Suite("The objection to assessed dues, as published")
struct DuesObjectionTests {
    @Test("the office examines, asks the cell, and the committee upholds the objection")
    func upheld() throws {
        var one = try PublishedCase("dues-objection")
        try one.open(from: one.land.cellA)
        try one.act("ask-cell", text: "Mức lương tháng 10?")
        #expect(try one.running.turn?.organizationId == one.land.cellA)
        #expect(try one.running.done.last?.note == "Mức lương tháng 10?")
        #expect(try one.running.ahead.map(\.step) == ["examine", "decide"])
        try one.act("answer", text: "Đã nghỉ hưu từ tháng 9")
        #expect(try one.running.turn?.step == "examine")
        #expect(try one.running.done.last?.note == "Đã nghỉ hưu từ tháng 9")
        try one.act("propose", text: "Chấp nhận")
        #expect(try one.running.turn?.step == "decide")
        try one.act("accept")
        #expect(try one.request().documentType == "TB")
        #expect(try one.request().issuingOrganizationId == one.land.baseA)
        try one.sign()
        #expect(try one.running.outcome == "upheld")
    }

    @Test("rejected with a reason; without one refused; of a base cell the committee above it decides")
    func rejected() throws {
        var one = try PublishedCase("dues-objection")
        try one.open(from: one.land.baseCellB)
        #expect(try one.running.turn?.organizationId == one.land.communeB)
        try one.act("propose", text: "Giữ nguyên")
        #expect(try one.refusal("reject") == "text.required")
        try one.act("reject", text: "Đúng mức quy định")
        #expect(try one.running.stage == .refused)
    }
}

@Suite("The official transfer, as published")
struct OfficialTransferFileTests {
    @Test("walks, within one base organisation by the shorter variant")
    func walks() throws {
        for (destination, turns, variant) in [
            (\TwoCommunes.cellB, 8, nil), (\.baseCellB, 7, nil), (\.neighbourA, 3, "within-base-organisation"),
        ] as [(KeyPath<TwoCommunes, OrganizationID>, Int, String?)] {
            var one = try PublishedCase("official-transfer")
            try one.open(
                from: one.land.cellA,
                form: ["destinationCellId": .string("\(one.land[keyPath: destination])")])
            #expect(try one.running.variant == variant)
            try one.carry()
            #expect(try one.running.done.count == turns)
            try one.sign()
            #expect(try one.running.outcome == "admitted")
        }
    }
}
