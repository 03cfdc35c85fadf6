import Contracts
import Foundation
import HTTPTypes
import Postgres
import RoutingDomain
import RoutingProcedures
import ServiceTestKit
import Testing

@testable import Intake
@testable import IntakeDomain

@Suite("Every published procedure can be submitted")
struct ProcedureTests {
    private func send(
        _ stage: IntakeStage, _ procedure: String, _ form: JSONValue, by member: MemberID? = nil
    ) async throws -> TestAnswer {
        let body: JSONValue = ["procedure": .string(procedure), "form": form, "declaredUnclassified": true]
        return try await stage.submit(String(decoding: ContractsJSON.encode(body), as: UTF8.self), by: member)
    }

    private func told(_ stage: IntakeStage) async throws -> DossierSubmitted {
        let row = try await stage.pool.queryOne("SELECT data FROM outbox ORDER BY seq DESC LIMIT 1")
        return try ContractsJSON.decode(from: row.get("data", as: [UInt8].self))
    }

    private func stay(_ stage: IntakeStage, until: String = "2027-05-31") -> JSONValue {
        [
            "destinationCellId": .string("\(stage.otherCell)"), "stayFrom": "2026-12-01",
            "stayUntil": .string(until), "stayReason": "work", "reason": "Biệt phái công tác",
        ]
    }

    @Test("a temporary transfer, for as long as it may last")
    func temporaryTransfer() async throws {
        try await IntakeStage.run { stage in
            let answer = try await send(stage, "temporary-transfer", stay(stage))
            #expect(answer.status == .created)
            let event = try await told(stage)
            #expect(event.procedure.text == "temporary-transfer" && event.form == stay(stage))
            let long = try await send(stage, "temporary-transfer", stay(stage, until: "2027-12-31"))
            #expect(long.faults == ["form.stayUntil": "stay.too-long"])
            #expect(long.text.contains("dưới 12 tháng") && long.text.contains("less than 12 months"))
            #expect(
                try await send(stage, "temporary-transfer", [:]).faults == [
                    "form.destinationCellId": "missing", "form.stayReason": "missing", "form.stayFrom": "missing",
                    "form.stayUntil": "missing", "form.reason": "missing",
                ])
        }
    }

    @Test("an opinion of the residence, with the cells named or left to the directory; exempt members get none")
    func residenceOpinion() async throws {
        try await IntakeStage.run { stage in
            #expect(try await send(stage, "residence-opinion", ["purpose": "cadre"]).status == .created)
            let cells: JSONValue = ["purpose": "annual", "residenceCellIds": [.string("\(stage.otherCell)")]]
            #expect(try await send(stage, "residence-opinion", cells).status == .created)
            #expect(try await told(stage).form == cells)
            let wrong = try await send(
                stage, "residence-opinion",
                ["purpose": "holiday", "residenceCellIds": [.string("\(stage.cell)"), .string("\(stage.base)")]])
            #expect(
                wrong.faults == [
                    "form.purpose": "choice.unknown", "form.residenceCellIds[0]": "organization.own-cell",
                    "form.residenceCellIds[1]": "organization.not-a-cell",
                ])
            try await stage.deliver(
                MemberState(
                    memberId: stage.neighbour, fullName: "Trần Thị Mẫu 02", state: .official, cellId: stage.cell,
                    joinedOn: try Day("2015-05-19"),
                    channels: .init(consent: .init(email: false, sms: false, push: false)),
                    exemptFromResidenceActivity: true), key: stage.neighbour.value, sequence: 2)
            #expect(
                try await send(stage, "residence-opinion", ["purpose": "annual"], by: stage.neighbour).faults
                    == ["form.purpose": "opinion.not-due"])
            #expect(
                try await send(stage, "residence-opinion", ["purpose": "reward"], by: stage.neighbour).status
                    == .created)
        }
    }

    @Test("a transfer out of the system names the body there; every other procedure names a cell")
    func outside() async throws {
        try await IntakeStage.run { stage in
            let army: OrganizationID = stage.ids.next(at: stage.time.now)
            try await stage.tell(army, "A90", "Đảng bộ Quân sự Mẫu", .external, below: nil)
            let answer = try await stage.submit(stage.body(form: ["destinationCellId": .string("\(army)")]))
            #expect(answer.status == .created, "\(answer.text)")
            let base = try await stage.submit(stage.body(form: ["destinationCellId": .string("\(stage.base)")]))
            #expect(base.faults == ["form.destinationCellId": "organization.not-a-cell"])
            let opinion = try await send(
                stage, "residence-opinion", ["purpose": "cadre", "residenceCellIds": [.string("\(army)")]])
            #expect(opinion.faults == ["form.residenceCellIds[0]": "organization.not-a-cell"])
        }
    }

    @Test("a committee enters the letter of a member who comes from outside; nobody else, and for nobody else")
    func inbound() async throws {
        try await IntakeStage.run { stage in
            let army: OrganizationID = stage.ids.next(at: stage.time.now)
            try await stage.tell(army, "A90", "Đảng bộ Quân sự Mẫu", .external, below: nil)
            let soldier: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(soldier, "Đỗ Văn Mẫu 04", in: army)
            func enter(
                by officer: MemberID? = nil, for applicant: MemberID?, at organization: OrganizationID? = nil
            ) async throws -> TestAnswer {
                let sender = officer ?? stage.officer
                var body: [String: JSONValue] = [
                    "procedure": "inbound-transfer", "declaredUnclassified": true,
                    "form": [
                        "destinationCellId": .string("\(stage.cell)"), "letterNumber": "12-GGT/ĐU",
                        "letterDate": "2026-11-02", "filledBoxes": "3",
                        "letterAttachmentId": .string("\(try await stage.file(by: sender))"),
                    ],
                ]
                if let applicant { body["applicantMemberId"] = .string("\(applicant)") }
                body["receivingOrganizationId"] = .string("\(organization ?? stage.commune)")
                return try await stage.submit(
                    String(decoding: ContractsJSON.encode(JSONValue.object(body)), as: UTF8.self), by: sender)
            }
            let answer = try await enter(for: soldier)
            #expect(answer.status == .created, "\(answer.text)")
            let event = try await told(stage)
            #expect(event.applicantMemberId == soldier && event.enteredByMemberId == stage.officer)
            #expect(event.receivingOrganizationId == stage.commune && event.attachments.count == 1)
            #expect(event.code.organization.text == "A35.12.08")
            // Both may look at it, and it is the member's dossier.
            let id = try answer.json(Acknowledged.self).dossierId
            for reader in [soldier, stage.officer] { #expect(try await stage.see(id, by: reader).status == .ok) }
            #expect(try await stage.see(id, by: stage.neighbour).status == .forbidden)

            let stranger = try await enter(by: stage.neighbour, for: soldier)
            #expect(stranger.faults == ["receivingOrganizationId": "assisted.role"])
            let elsewhere = try await enter(for: soldier, at: stage.base)
            #expect(elsewhere.faults == ["receivingOrganizationId": "assisted.role"])
            #expect(try await enter(for: stage.member).faults == ["applicantMemberId": "assisted.outside"])
            let unknown: MemberID = stage.ids.next(at: stage.time.now)
            #expect(try await enter(for: unknown).faults == ["applicantMemberId": "assisted.outside"])
            #expect(try await enter(for: nil).faults == ["applicantMemberId": "missing"])
            #expect(try await enter(for: soldier).faults == ["applicantMemberId": "assisted.open"])
            // Whoever stands outside does not go round the letter by asking himself.
            let alone = try await send(stage, "residence-opinion", ["purpose": "cadre"], by: soldier)
            #expect(alone.faults == ["procedure": "applicant.outside"])
            #expect(try await stage.count("dossiers") == 1)
            let own: JSONValue = [
                "procedure": "residence-opinion", "form": ["purpose": "cadre"], "declaredUnclassified": true,
                "applicantMemberId": .string("\(soldier)"),
            ]
            let assisted = try await stage.submit(String(decoding: ContractsJSON.encode(own), as: UTF8.self))
            #expect(assisted.faults == ["applicantMemberId": "unknown-field"])
        }
    }

    @Test("an objection to dues, which the offices read that handle it, and those of other procedures do not")
    func duesObjection() async throws {
        try await IntakeStage.run { stage in
            let form: JSONValue = ["duesMonth": "2026-10", "reason": "Tôi nghỉ không lương từ tháng 9"]
            let answer = try await send(stage, "dues-objection", form)
            #expect(answer.status == .created)
            let given: Acknowledged = try answer.json()
            let office = stage.neighbour
            let role: RoleID = stage.ids.next(at: stage.time.now)
            try await stage.deliver(
                RoleState(
                    roleId: role, memberId: office, organizationId: stage.commune, role: .officeOfficer,
                    from: try Day("2026-01-01"), status: .active), key: role.value)
            #expect(try await stage.see(given.dossierId, by: office).status == .ok)
            let transfer = try await stage.submitted()
            #expect(try await stage.see(transfer.dossierId, by: office).status == .forbidden)
            #expect(
                try await send(stage, "dues-objection", ["duesMonth": "2019-01", "reason": "Sai"]).faults
                    == ["form.duesMonth": "dues-month.range", "form.reason": "text.length"])
        }
    }

    @Test("who is suspended objects to dues and does nothing else; who stays elsewhere is not transferred again")
    func states() async throws {
        try await IntakeStage.run { stage in
            let suspended: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(suspended, "Phạm Văn Mẫu 08", in: stage.cell, state: .suspended)
            let away: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(away, "Phạm Văn Mẫu 09", in: stage.cell, state: .temporarilyElsewhere)
            let objection: JSONValue = ["duesMonth": "2026-10", "reason": "Tôi nghỉ không lương từ tháng 9"]
            let fault = ["procedure": "applicant.state"]
            #expect(try await send(stage, "temporary-transfer", stay(stage), by: suspended).faults == fault)
            #expect(try await send(stage, "residence-opinion", ["purpose": "cadre"], by: suspended).faults == fault)
            #expect(try await send(stage, "dues-objection", objection, by: suspended).status == .created)
            #expect(try await send(stage, "temporary-transfer", stay(stage), by: away).faults == fault)
            #expect(try await send(stage, "residence-opinion", ["purpose": "cadre"], by: away).status == .created)
        }
    }

    @Test("another last day of a stay is asked of the body at the place of the stay, within what the procedure allows")
    func stayChange() async throws {
        try await IntakeStage.run { stage in
            let away: MemberID = stage.ids.next(at: stage.time.now)
            let (commune, cell): (OrganizationID, OrganizationID) = (
                stage.ids.next(at: stage.time.now), stage.ids.next(at: stage.time.now)
            )
            try await stage.tell(commune, "A35.12.09", "Đảng bộ xã Mẫu B", .commune, below: nil)
            try await stage.tell(cell, "A35.12.09.01", "Chi bộ cơ sở Mẫu 3", .baseCell, below: commune)
            func tell(staying: Bool, sequence: Int64) async throws {
                let stay = try MemberState.Stay(
                    dossierId: stage.ids.next(at: stage.time.now), cellId: cell, from: Day("2026-12-01"),
                    until: Day("2027-05-31"), latest: Day("2027-11-29"))
                try await stage.deliver(
                    MemberState(
                        memberId: away, fullName: "Phạm Văn Mẫu 09", state: .temporarilyElsewhere, cellId: stage.cell,
                        joinedOn: try Day("2015-05-19"),
                        channels: .init(consent: .init(email: false, sms: false, push: false)),
                        stay: staying ? stay : nil),
                    key: away.value, sequence: sequence)
            }
            func ask(_ until: String) async throws -> TestAnswer {
                try await send(
                    stage, "temporary-stay-change", ["stayUntil": .string(until), "reason": "Việc chưa xong"], by: away)
            }
            try await tell(staying: false, sequence: 1)
            #expect(try await ask("2027-08-31").faults == ["form.stayUntil": "stay.unknown"])
            try await tell(staying: true, sequence: 2)
            #expect(try await ask("2027-11-29").status == .created)
            #expect(try await told(stage).receivingOrganizationId == commune)
            #expect(try await ask("2026-12-15").status == .created)
            let long = try await ask("2027-11-30")
            #expect(long.faults == ["form.stayUntil": "stay.too-long"] && long.text.contains("29/11/2027"))
            #expect(try await ask("2027-05-31").faults == ["form.stayUntil": "stay.same-day"])
            #expect(try await ask("2026-11-19").faults == ["form.stayUntil": "day.past"])
            let settled = try await send(
                stage, "temporary-stay-change", ["stayUntil": "2027-08-31", "reason": "Việc chưa xong"])
            #expect(settled.faults == ["procedure": "applicant.state", "form.stayUntil": "stay.unknown"])
        }
    }

    @Test("what Intake takes in is what Routing runs: the same versions, and the form has what the definition needs")
    func agreesWithRouting() throws {
        let definitions = try RoutingProcedures.ProcedureCatalogue.bundled()
        let catalogue = try CatalogueReader.read(directory: nil)
        #expect(catalogue.all.count == 6)
        for entry in catalogue.all {
            let definition = try #require(
                definitions.definition(entry.procedure, version: entry.version), "\(entry.procedure)")
            #expect(definition.title == entry.title, "\(entry.procedure)")
            if let field = definition.route.destinationField {
                #expect(entry.form[field]?.kind.isAddress == true, "\(entry.procedure): \(field)")
            }
            if let rule = definition.startWithin { #expect(entry.form[rule.field]?.kind == .pastDay) }
            let stay = entry.form.stay
            #expect((definition.period == nil) == (stay == nil), "\(entry.procedure)")
            if let period = definition.period, let stay {
                #expect(
                    [period.fromField, period.untilField, period.reasonField] == [stay.from, stay.until, stay.reason])
                #expect(Set(period.lengths.keys) == Set(stay.lengths.keys))
                for (reason, length) in period.lengths {
                    #expect(stay.lengths[reason]?.atLeast == length.atLeast)
                    let most = length.includesMost ? stay.lengths[reason]?.atMost : stay.lengths[reason]?.under
                    #expect(most == length.most, "\(reason)")
                }
            }
            #expect(definition.stayChange?.untilField == entry.form.stayChange?.until, "\(entry.procedure)")
            #expect(definition.opinion?.purposeField == entry.form.opinion?.purpose)
            if let field = definition.opinion?.purposeField {
                let values = Set((entry.form[field]?.choices ?? []).map(\.value))
                #expect(values == Set(OpinionPurpose.allCases.map(\.rawValue)))
            }
        }
    }
}
