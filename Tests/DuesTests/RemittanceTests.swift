import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Remittances")
struct RemittanceTests {
    @Test("a month goes from the cell to the top, each level keeping its share")
    func wholeWay() async throws {
        try await DuesScene.run { scene in
            #expect(try await scene.paid() == 15_930)
            try await scene.close(on: "2026-12-03")
            #expect(try await scene.remittances(of: scene.cell).isEmpty)

            // The cell has no account: its money stands on the base organisation's already.
            try await scene.close(on: "2026-12-05")
            let cell = try await scene.remittance(of: scene.cell)
            #expect(cell.own == 15_930 && cell.kept == 4_779 && cell.passed == 11_151)
            #expect(cell.state == "acknowledged" && cell.holderId == scene.base)

            try await scene.close(on: "2026-12-10")
            let base = try await scene.remittance(of: scene.base)
            #expect(base.received == 11_151 && base.kept == 10_036 && base.passed == 1_115)
            #expect(base.state == "due" && base.dueOn == "2026-12-12")
            let payer = try await scene.treasurer(of: scene.base)
            let paid = try await scene.step("payment", base, #"{"reference": "UNC 12"}"#, by: payer)
            #expect(paid.status == .ok, "\(paid.text)")
            let receiver = try await scene.treasurer(of: scene.commune)
            let came = try await scene.step("acknowledgement", base, "{}", by: receiver)
            #expect(try came.json(DuesScene.RemittanceShape.self).state == "acknowledged", "\(came.text)")

            try await scene.close(on: "2026-12-20")
            let commune = try await scene.remittance(of: scene.commune)
            #expect(commune.received == 1_115 && commune.kept == 558 && commune.passed == 557)
            let other = try await scene.treasurer(of: scene.province)
            _ = try await scene.step("acknowledgement", commune, "{}", by: other)
            try await scene.close(on: "2027-01-20")
            let province = try await scene.remittances(of: scene.province)
            #expect(province.map(\.month) == ["2026-12"] && province.map(\.kept) == [557])
            let balances = try await scene.balances()
            #expect(balances["retained"] == 15_930 && balances["payable-to-superior"] == nil)
            let made = try await scene.events(RemittanceMade.self)
            #expect(made.map(\.passed) == [Dong(11_151), Dong(1_115), Dong(557)])
            let acknowledged = try await scene.events(RemittanceAcknowledged.self)
            #expect(acknowledged.map(\.how) == [.setOff, .confirmed, .confirmed])
        }
    }

    @Test("what came late at the superior's counts for its next month")
    func late() async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            try await scene.close(on: "2026-12-10")
            let base = try await scene.remittance(of: scene.base)
            try scene.morning(of: "2026-12-12")
            try await scene.parts.reminders.run()
            #expect(try await scene.events(RemittanceOverdue.self).isEmpty)

            try await scene.close(on: "2026-12-15")
            #expect(try await scene.remittances(of: scene.commune).isEmpty)
            try await scene.parts.reminders.run()
            try await scene.parts.reminders.run()
            try scene.morning(of: "2026-12-22")
            try await scene.parts.reminders.run()
            let overdue = try await scene.events(RemittanceOverdue.self)
            #expect(overdue.map(\.reminder) == [1, 2] && overdue.map(\.passed) == [Dong(1_115), Dong(1_115)])

            _ = try await scene.step(
                "acknowledgement", base, #"{"reference": "sao kê 23/12"}"#,
                by: try await scene.treasurer(of: scene.commune))
            try scene.morning(of: "2026-12-30")
            try await scene.parts.reminders.run()
            #expect(try await scene.events(RemittanceOverdue.self).count == 2)
            try await scene.close(on: "2027-01-15")
            let commune = try await scene.remittances(of: scene.commune)
            #expect(commune.map(\.month) == ["2026-12"] && commune.map(\.received) == [1_115])
        }
    }

    @Test("more given back than came in is carried to the next month")
    func carried() async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            let now = scene.kit.time.now
            try await scene.post(debit: .memberReceivable, credit: .refunds, of: scene.cell, 20_000, at: now)
            try await scene.close(on: "2026-12-05")
            let november = try await scene.remittance(of: scene.cell)
            #expect(november.own == -4_070 && november.carriedOut == -4_070 && november.state == "nothing")

            try await scene.post(
                debit: .gatewayClearing, credit: .memberReceivable, of: scene.cell, 10_000, at: scene.kit.time.now)
            try await scene.close(on: "2027-01-05")
            let december = try await scene.remittance(of: scene.cell)
            #expect(december.own == 10_000 && december.carriedIn == -4_070)
            #expect(december.kept == 1_779 && december.passed == 4_151)
        }
    }

    @Test("what was acknowledged to a body that was merged is divided by its successor, in whose books it then stands")
    func mergedSuperior() async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            try await scene.close(on: "2026-12-04")
            let heir: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            try await scene.keep(scene.organization(heir, "A35.12.10", .baseOrganisation, under: scene.commune))
            try await scene.keep(
                OrganizationState(
                    organizationId: scene.base, code: try OrganizationCode("A35.12.08"), name: "Đảng bộ mẫu",
                    type: .baseOrganisation, parentId: scene.commune, status: .merged, mergedIntoId: heir,
                    residential: true, duesRegion: .one, hasSeal: true, bankAccounts: []))
            try await scene.close(on: "2026-12-10")
            #expect(try await scene.remittances(of: scene.base).isEmpty)
            #expect(try await scene.remittance(of: heir).received == 11_151)
            for (owner, left) in [(scene.base, 0), (heir, 0)] {
                #expect(try await scene.undivided(owner) == left)
            }
        }
    }

    @Test("money in the cell's cash box is not with the superior yet")
    func cash() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            try await scene.assess()
            let json = #"{"lines": [{"memberId": "\#(member)", "month": "2026-11"}], "amount": 15930}"#
            let paid = try await scene.service.call(
                .post, "/v1/cash-payments", token: try await scene.service.token(member: officer),
                key: UUID().uuidString, json: json)
            #expect(paid.status == .created, "\(paid.text)")
            try await scene.close(on: "2026-12-04")
            let cell = try await scene.remittance(of: scene.cell)
            #expect(cell.state == "due" && cell.own == 15_930 && cell.holderId == scene.base)
            let superior = try await scene.treasurer(of: scene.base)
            let came = try await scene.step("acknowledgement", cell, #"{"inCash": true}"#, by: superior)
            #expect(came.status == .ok, "\(came.text)")
            #expect(try await scene.balances()["bank"] == nil)
        }
    }

    @Test("what a merged cell collected, passed up and carried goes to its successor")
    func merged() async throws {
        try await DuesScene.run { scene in
            try await scene.paid(cell: scene.otherCell)
            let state = OrganizationState(
                organizationId: scene.otherCell, code: try OrganizationCode("A35.12.08.02"), name: "Chi bộ mẫu",
                type: .subordinateCell, parentId: scene.base, status: .merged, mergedIntoId: scene.cell,
                residential: true, duesRegion: .four, hasSeal: false, bankAccounts: [])
            try await scene.keep(state)
            try await scene.close(on: "2026-12-05")
            #expect(try await scene.remittances(of: scene.otherCell).isEmpty)
            let cell = try await scene.remittance(of: scene.cell)
            #expect(cell.own == 11_100 && cell.passed == 7_770)
            let undivided = try await scene.undivided(scene.otherCell)
            #expect(undivided == 0)
        }
    }

    @Test("money on an account of its own has to be paid; on the superior's it is set off")
    func ownAccount() async throws {
        try await DuesScene.run { scene in
            let account = OrganizationState.BankAccount(
                bankCode: "970436", accountNumber: "1", holderName: "CHI BO MAU", verified: true,
                from: try Day("2026-01-01"))
            try await scene.keep(
                scene.organization(
                    scene.cell, "A35.12.08.01", .subordinateCell, under: scene.base, accounts: [account]))
            try await scene.paid()
            try await scene.close(on: "2026-12-05")
            let cell = try await scene.remittance(of: scene.cell)
            #expect(cell.state == "due" && cell.holderId == scene.cell)
            let secretary = try await scene.treasurer(of: scene.cell, .cellSecretary)
            #expect(try await scene.step("payment", cell, #"{"reference": "1"}"#, by: secretary).status == .ok)
            let superior = try await scene.treasurer(of: scene.base)
            #expect(try await scene.step("acknowledgement", cell, "{}", by: superior).status == .ok)
            let moved = try await scene.count(
                """
                SELECT amount FROM ledger_postings WHERE debit = 'bank' AND debit_owner = \(scene.base)
                    AND credit = 'bank' AND credit_owner = \(scene.cell)
                """)
            #expect(moved == 11_151)
        }
    }

    @Test("several processes in small chunks close each month once")
    func chunks() async throws {
        try await DuesScene.run(["dues.remittance.chunk": "1"]) { scene in
            try await scene.paid()
            try scene.morning(of: "2026-12-25")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await DuesParts(scene.kit).remittances.drain() } }
                try await group.waitForAll()
            }
            try await scene.parts.remittances.drain()
            #expect(try await scene.count("SELECT count(*) FROM remittances") == 2)
            #expect(try await scene.balances()["retained"] == 4_779 + 10_036)
            #expect(try await scene.count("SELECT count(*) FROM remittance_turns WHERE state <> 'done'") == 0)
        }
    }

    @Test("nothing is closed by a copy of the directory that is behind")
    func stale() async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            scene.clock?.set(try Day("2026-12-05").moment(minutes: 600))
            await #expect(throws: (any Error).self) { try await scene.parts.remittances.drain() }
            #expect(try await scene.count("SELECT count(*) FROM remittance_months") == 0)
        }
    }

    @Test("a closed month is never divided anew, whoever writes")
    func stands() async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            try await scene.close(on: "2026-12-05")
            let error = await #expect(throws: PostgresError.self) {
                try await scene.pool.execute("UPDATE remittances SET kept = kept + 1, passed = passed - 1")
            }
            #expect(error?.sqlState == "23001")
            let others: [SQL] = [
                "DELETE FROM remittances", "TRUNCATE remittances CASCADE", "UPDATE remittances SET share = 1",
                "UPDATE remittance_collections SET amount = 1", "UPDATE remittance_collections SET counted_in = NULL",
                "DELETE FROM remittance_collections", "UPDATE remittance_steps SET actor = 'x'",
                "DELETE FROM remittance_steps", "UPDATE remittances SET counted_in = remittance_id",
            ]
            for statement in others.dropLast() {
                let refused = await #expect(throws: PostgresError.self) { try await scene.pool.execute(statement) }
                #expect(refused?.sqlState == "23001", "\(statement)")
            }
            // What is not counted yet is counted once.
            if let counting = others.last { try await scene.pool.execute(counting) }
            let again = await #expect(throws: PostgresError.self) {
                try await scene.pool.execute("UPDATE remittances SET counted_in = NULL")
            }
            #expect(again?.sqlState == "23001")
        }
    }
}
