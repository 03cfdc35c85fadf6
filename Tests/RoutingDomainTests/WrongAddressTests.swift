import Contracts
import Testing

@testable import RoutingDomain

@Suite("A wrongly addressed case")
struct WrongAddressTests {
    let land = TwoCommunes()

    func apply(
        _ action: String, _ running: RunningCase, text: String? = nil, fields: [String: String] = [:]
    ) throws -> CaseChange {
        try CaseEngine.apply(
            land.country.action(action, in: running, text: text, fields: fields), to: running,
            in: land.country.around())
    }

    @Test("goes back to the nearest common superior, which re-addresses it; earlier boxes stand")
    func readdressed() throws {
        let atCell = try land.carried(land.opened(to: land.cellB).running, until: land.cellB)
        let back = try apply("return", atCell, text: "Không thuộc chi bộ này")
        #expect(back.events.map(kind) == ["completed admit -", "rejected admit", "entered readdress 8"])
        #expect(back.running.turn?.organizationId == land.province)
        let sent = try apply("readdress", back.running, fields: ["destinationCellId": "\(land.baseCellB)"])
        #expect(sent.running.boxes.prefix(7) == atCell.boxes[...])
        #expect(sent.running.boxes.last?.text == "Đến Đảng bộ xã Mẫu B.")
        #expect(sent.running.turn?.organizationId == land.communeB)
        let end = try land.country.walkToAdmission(sent.running)
        #expect(end.running.toCellId == land.baseCellB)
        #expect(end.running.boxes.map(\.number) == Array(1...9))
    }

    @Test("the receiving side cannot refuse the member")
    func cannotRefuse() throws {
        let atCell = try land.carried(land.opened(to: land.cellB).running, until: land.cellB)
        #expect(throws: Refusal.unknownAction) { try apply("refuse", atCell, text: "Không nhận") }
    }

    @Test("a new address that cannot be reached is refused with the reason, and the turn stays")
    func unreachable() throws {
        let atCell = try land.carried(land.opened(to: land.cellB).running, until: land.cellB)
        let back = try apply("return", atCell, text: "Sai địa chỉ").running
        for (address, rule) in [
            ("\(land.cellA)", "same-cell"), ("\(land.baseB)", "destination-not-a-cell"), ("x", "identifier.form"),
        ] {
            do {
                _ = try apply("readdress", back, fields: ["destinationCellId": address])
                Issue.record("\(address) was taken")
            } catch let refusal as Refusal {
                #expect(refusal.rule == rule)
            }
        }
        #expect(throws: Refusal.fieldMissing("destinationCellId")) { try apply("readdress", back) }
    }

    @Test("a dossier without a usable destination waits with the receiving body, never lost")
    func unroutable() throws {
        var country = land.country
        let island = country.add(.subordinateCell, "Chi bộ ngoài hệ thống")
        for (destination, reason) in [
            (nil, "destination-missing"), (land.cellA, "same-cell"), (land.baseB, "destination-not-a-cell"),
            (island, "no-meeting-point"),
        ] as [(OrganizationID?, String)] {
            let opened = try CaseEngine.open(
                country.dossier(of: land.member.memberId, to: destination, received: land.communeA),
                from: land.cellA, in: country.around())
            #expect(
                opened.events.map(kind) == ["opened", "entered readdress -", "unroutable readdress \(reason)"])
            #expect(opened.running.turn?.organizationId == land.communeA)
            let sent = try apply("readdress", opened.running, fields: ["destinationCellId": "\(land.cellB)"])
            #expect(sent.running.turn?.organizationId == land.cellA)
            #expect(try land.country.walkToAdmission(sent.running).running.boxes.count == 7)
        }
    }

    @Test("a way with more hops than the letter has boxes goes on on a continuation sheet, never an error at the end")
    func continuationSheet() throws {
        let around = try land.country.around(definition: .transfer(boxes: 3))
        var change = try CaseEngine.open(
            land.country.dossier(of: land.member.memberId, to: land.cellB, received: land.communeA),
            from: land.cellA, in: around)
        while let turn = change.running.turn {
            let name = turn.place == .destination ? "admit" : "approve"
            change = try CaseEngine.apply(land.country.action(name, in: change.running), to: change.running, in: around)
        }
        #expect(change.running.boxes.map(\.number) == Array(1...7))
        guard case .resultRequested(let request)? = change.events.last else {
            Issue.record("no request")
            return
        }
        #expect(request.content.boxes.count == 7)
        // Three boxes a sheet: 1-3, 4-6, 7.
        #expect(request.content.fields["continuationSheets"] == "2")
    }

    @Test("a destination that was closed on the way: the case goes to who finds the right address, never stuck")
    func closedMeanwhile() throws {
        var country = land.country
        let running = try land.carried(land.opened(to: land.cellB).running, until: land.baseA)
        country.change(land.cellB, .dissolved)
        let change = try CaseEngine.apply(country.action("approve", in: running), to: running, in: country.around())
        #expect(
            change.events.map(kind) == [
                "completed onward-introduction 3", "entered readdress 4", "unroutable readdress destination-not-active",
            ])
        #expect(change.running.turn?.organizationId == land.province)
        #expect(change.running.boxes.last?.text == "Đến Đảng bộ tỉnh Mẫu.")
        let sent = try CaseEngine.apply(
            country.action("readdress", in: change.running, fields: ["destinationCellId": "\(land.baseCellB)"]),
            to: change.running, in: country.around())
        #expect(try country.walkToAdmission(sent.running).running.toCellId == land.baseCellB)
    }

    @Test("an organisation that moved under another parent meanwhile is followed")
    func movedMeanwhile() throws {
        var country = land.country
        let running = try land.carried(land.opened(to: land.cellB).running, until: land.communeA)
        country.nodes = country.nodes.map { node in
            guard node.id == land.cellB else { return node }
            return .init(
                id: node.id, name: node.name, type: .baseCell, parentId: land.communeB, hasSeal: false,
                meetingDay: node.meetingDay)
        }
        let end = try country.walkToAdmission(running)
        #expect(end.running.stage == .awaitingResult)
        #expect(end.running.boxes.map(\.organizationId).suffix(3) == [land.communeA, land.province, land.communeB])
    }
}
