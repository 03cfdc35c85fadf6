import Contracts
import Foundation
import Testing

@testable import RoutingDomain

@Suite("The official transfer, as the procedure tells it")
struct TransferTests {
    let land = TwoCommunes()

    @Test("the cell introduces, every committee introduces onward, the receiving side passes down, the cell admits")
    func wholeWay() throws {
        let opened = try land.opened(to: land.cellB)
        #expect(opened.events.map(kind) == ["opened", "entered introduce 1"])
        let end = try land.country.walkToAdmission(opened.running)
        #expect(
            end.events.map(kind) == [
                "completed introduce 1", "letter", "entered onward-introduction 2", "completed onward-introduction 2",
                "entered onward-introduction 3", "completed onward-introduction 3", "entered onward-introduction 4",
                "completed onward-introduction 4", "entered onward-introduction 5", "completed onward-introduction 5",
                "entered pass-down 6", "completed pass-down 6", "entered pass-down 7", "completed pass-down 7",
                "entered admit -", "completed admit -", "admitted", "result 1",
            ])
        #expect(end.running.stage == .awaitingResult)
        #expect(end.running.boxes.map(\.number) == Array(1...7))
        #expect(end.running.boxes[0].text == "Giới thiệu đồng chí Nguyễn Văn Mẫu 01 đến Đảng bộ bộ phận A.")
        #expect(end.running.version == Int64(opened.events.count + end.events.count))
    }

    @Test("the signed result completes the case; an older or another one does not, a second one changes nothing")
    func completion() throws {
        let admitted = try land.country.walkToAdmission(land.opened(to: land.cellB).running).running
        func told(_ document: String, _ version: Int, _ running: RunningCase) throws -> CaseChange {
            try CaseEngine.apply(
                .resultIssued(document: document, version: version), to: running, in: land.country.around())
        }
        #expect(try told("GGT", 2, admitted).events.isEmpty)
        #expect(try told("XYZ", 1, admitted).events.isEmpty)
        let done = try told("GGT", 1, admitted)
        #expect(done.events.map(kind) == ["done admitted"])
        #expect(done.running.stage == .completed)
        #expect(try told("GGT", 1, done.running) == CaseChange(running: done.running, events: []))
    }

    @Test("the letter tells boxes, names and the last month of dues, ready to print")
    func letter() throws {
        let opened = try land.opened(to: land.cellB, form: ["reason": "Chuyển công tác"]).running
        let issued = try CaseEngine.apply(
            land.country.action(
                "approve", in: opened, text: " Đồng ý giới thiệu. ", fields: ["duesPaidThrough": "2026-11"]),
            to: opened, in: land.country.around()
        ).running
        let end = try land.country.walkToAdmission(issued)
        guard case .resultRequested(let request)? = end.events.last,
            case .admitted(let admission)? = end.events.dropLast().last
        else {
            Issue.record("no request")
            return
        }
        #expect(request.content.boxes.map(\.number) == Array(1...7))
        #expect(request.content.boxes[0].text == "Đồng ý giới thiệu.")
        #expect(request.content.boxes[0].signerName == "Cán bộ Chi bộ A1")
        #expect(request.content.fields["duesPaidThrough"] == "11/2026")
        #expect(request.content.fields["joinedOn"] == "19/05/2015")
        #expect(request.content.fields["fromOrganization"] == "Chi bộ A1")
        #expect(request.content.fields["toOrganization"] == "Chi bộ B1")
        #expect(request.content.fields["reason"] == "Chuyển công tác")
        #expect(request.issuingOrganizationId == land.communeA)
        #expect(admission.duesPaidThrough?.text == "2026-11")
        #expect(admission.effectiveOn.text == "2026-11-20")
        #expect(admission.toCellId == land.cellB)
    }

    @Test("the issuer is found by the rule of the definition; a cell has no seal")
    func issuer() throws {
        for (issuer, expected) in [
            (ProcedureDefinition.Issuer.sendingSide, land.sectionA), (.receivingSide, land.baseB),
            (.receivingBody, land.communeA),
        ] {
            let around = try land.country.around(definition: .transfer(issuer: issuer))
            var running = try land.opened(to: land.cellB).running
            var last: CaseEvent?
            while let turn = running.turn {
                let name = turn.place == .destination ? "admit" : "approve"
                let change = try CaseEngine.apply(land.country.action(name, in: running), to: running, in: around)
                (running, last) = (change.running, change.events.last)
            }
            guard case .resultRequested(let request)? = last else {
                Issue.record("no request")
                return
            }
            #expect(request.issuingOrganizationId == expected)
        }
    }

    @Test("started later than 60 working days after the decision: marked, never blocked")
    func lateStart() throws {
        let late = try land.opened(to: land.cellB, form: ["decisionDate": "2026-06-01"]).running
        #expect(late.warnings == [.startedLate])
        #expect(late.stage == .running)
        #expect(try land.opened(to: land.cellB, form: ["decisionDate": "2026-10-01"]).running.warnings == [])
        #expect(try land.opened(to: land.cellB, form: ["decisionDate": "soon"]).running.warnings == [])
    }

    @Test("presented later than 30 working days after the introduction: marked, never blocked")
    func latePresentation() throws {
        let country = land.country
        let atCell = try land.carried(land.opened(to: land.cellB).running, until: land.cellB)
        let late = Country.morning.addingTimeInterval(90 * 86_400)
        let end = try CaseEngine.apply(country.action("admit", in: atCell), to: atCell, in: country.around(now: late))
        #expect(end.running.warnings == [.presentedLate])
        #expect(end.running.stage == .awaitingResult)
    }

    @Test("a member with a matter being handled is not introduced until it is settled")
    func held() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(throws: Refusal.transfersHeld) {
            try CaseEngine.apply(
                land.country.action("approve", in: opened), to: opened, in: land.country.around(held: true))
        }
    }

    @Test("the sending cell can refuse with a reason, and the case ends")
    func refused() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(throws: Refusal.textMissing) {
            try CaseEngine.apply(
                land.country.action("refuse", in: opened, text: "  "), to: opened, in: land.country.around())
        }
        let end = try CaseEngine.apply(
            land.country.action("refuse", in: opened, text: "Chưa đủ căn cứ"), to: opened, in: land.country.around())
        #expect(end.events.map(kind) == ["completed introduce 1", "rejected introduce"])
        #expect(end.running.stage == .refused)
        #expect(end.running.boxes.isEmpty)
    }

    @Test("a signed box is immutable: neither its number nor an earlier one can be signed again")
    func immutableBoxes() throws {
        var running = try land.carried(land.opened(to: land.cellB).running, until: land.baseA)
        let boxes = running.boxes
        for box in boxes { #expect(throws: Refusal.boxIsSigned) { try running.sign(box) } }
        #expect(running.boxes == boxes)
    }

    @Test("the applicant can take the dossier back until he is admitted")
    func withdrawn() throws {
        let opened = try land.opened(to: land.cellB).running
        let back = try CaseEngine.apply(.withdraw, to: opened, in: land.country.around())
        #expect(back.events.map(kind) == ["done withdrawn"])
        let admitted = try land.country.walkToAdmission(opened).running
        #expect(try CaseEngine.apply(.withdraw, to: admitted, in: land.country.around()).events.isEmpty)
    }
}

/// An event in a word or two.
func kind(_ event: CaseEvent) -> String {
    func box(_ number: Int?) -> String { number.map(String.init) ?? "-" }
    return switch event {
    case .opened: "opened"
    case .stepEntered(let step): "entered \(step.step) \(box(step.box))"
    case .stepCompleted(let step): "completed \(step.step) \(box(step.box))"
    case .unroutable(let step): "unroutable \(step.step) \(step.reason)"
    case .rejected(let step): "rejected \(step.step)"
    case .admitted: "admitted"
    case .resultRequested(let request): "result \(request.version)"
    case .deadlineAlert(let payload): "alert \(payload.level.rawValue)"
    case .deadlineMoved(let payload): "moved \(payload.reason)"
    case .messagePosted: "message"
    case .completed(let end): "done \(end.outcome)"
    case .supplementRequested(let request): "supplement \(request.step)"
    case .boxCorrected(let correction): "corrected \(correction.box)"
    case .letterIssued: "letter"
    case .stayEnding(let stay): "stay ends \(stay.until)"
    case .stayChanged(let stay): "stay until \(stay.until)"
    case .stayEnded(let stay): "stay ended \(stay.until)"
    case .paperFileRecorded(let record): "paper file \(record.state.rawValue)"
    case .letterCancelled(let letter): letter.reissued ? "letter to be reissued" : "letter void"
    }
}
