import Contracts
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@Suite("What an admission does")
struct AdmissionConsumerTests {
    @Test("an admitted member belongs to the new cell, and his roles on the old side end, once")
    func moved() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let role = try await scene.role(.cellSecretary, of: id, at: tree.a.cell)
            let wide = try await scene.role(.inspector, of: id, at: tree.province)
            let admission = try scene.admission(id, from: tree.a.cell, to: tree.b.cell)
            try await scene.deliver(admission)
            // The same fact under another id changes nothing more.
            try await scene.deliver(admission)
            let members = try await scene.events(MemberState.self, of: id.value)
            #expect(members.map(\.version) == [1, 2] && members.last?.state.cellId == tree.b.cell)
            let ended = try await scene.events(RoleState.self, of: role.value)
            #expect(ended.map(\.version) == [1, 2])
            #expect(ended.last?.state.status == .ended && ended.last?.state.to?.text == "2026-11-19")
            #expect(try await scene.events(RoleState.self, of: wide.value).map(\.version) == [1])
            let history = try await scene.service.pool.queryOne(
                "SELECT reason, author FROM history WHERE kind = 'member' AND id = \(id) AND version = 2")
            #expect(try history.get("reason", as: String.self) == "case \(admission.dossierId)")
            let audit = try await scene.service.pool.queryOne(
                "SELECT count(*) AS n FROM audit WHERE action = 'member.admitted'")
            #expect(try audit.get("n", as: Int.self) == 1)
        }
    }

    @Test("a member who is not known yet is waited for")
    func waits() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let stranger: MemberID = scene.ids.next(at: scene.now)
            let admission = try scene.admission(stranger, from: tree.a.cell, to: tree.b.cell)
            let waiting = await #expect(throws: NotYet.self) { try await scene.deliver(admission) }
            #expect(waiting?.waitingFor == "member:\(stranger)")
        }
    }

    @Test("a member who was elsewhere meanwhile is left to a person, and nothing changes")
    func elsewhere() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.b.cell)
            let other = try await scene.organization("A35.12.01.02", .subordinateCell, under: tree.b.base)
            let admission = try scene.admission(id, from: tree.a.cell, to: other)
            let refusal = await #expect(throws: Unprocessable.self) { try await scene.deliver(admission) }
            #expect(refusal?.reason == "admission: not-in-the-sending-cell")
            #expect(try await scene.events(MemberState.self, of: id.value).count == 1)
        }
    }

    @Test("an admission that was under way while both cells were merged moves the member all the same")
    func mergedMeanwhile() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let (other, third) = (
                try await scene.organization("A35.11.01.02", .subordinateCell, under: tree.a.base),
                try await scene.organization("A35.12.01.02", .subordinateCell, under: tree.b.base)
            )
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            for (from, into) in [(tree.a.cell, other), (tree.b.cell, third)] {
                let merged = try await scene.post(
                    "/v1/organizations/\(from)/merger", #"{"intoId":"\#(into)","reason":"Hợp nhất chi bộ"}"#)
                #expect(merged.status == .ok, "\(merged.text)")
            }
            try await scene.deliver(try scene.admission(member, from: tree.a.cell, to: tree.b.cell))
            let told = try await scene.events(MemberState.self, of: member.value)
            #expect(told.map(\.state.cellId) == [tree.a.cell, other, third])
        }
    }

    @Test("from his letter to the admission a member is in transit; a cancelled letter puts him back on the list")
    func inTransit() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            func states() async throws -> [MembershipState] {
                try await scene.events(MemberState.self, of: id.value).map(\.state.state)
            }
            let letter = try await scene.introduce(id, from: tree.a.cell)
            let second = try await scene.introduce(id, from: tree.a.cell)
            #expect(try await states() == [.official, .inTransit])
            // Only the letter with which he goes restores him.
            try await scene.cancelLetter(second, of: id, from: tree.a.cell)
            #expect(try await states() == [.official, .inTransit])
            try await scene.cancelLetter(letter, of: id, from: tree.a.cell)
            try await scene.cancelLetter(letter, of: id, from: tree.a.cell)
            #expect(try await states() == [.official, .inTransit, .official])
            let third = try await scene.introduce(id, from: tree.a.cell)
            try await scene.deliver(try scene.admission(id, from: tree.a.cell, to: tree.b.cell))
            let told = try await scene.events(MemberState.self, of: id.value)
            #expect(told.last?.state.state == .official && told.last?.state.cellId == tree.b.cell)
            let today = Day(containing: scene.now)
            #expect(told.map(\.state.inTransitSince) == [nil, today, nil, today, nil])
            // A letter that is cancelled by a message that comes late restores nobody to where he is no more.
            try await scene.cancelLetter(third, of: id, from: tree.a.cell)
            #expect(try await scene.events(MemberState.self, of: id.value).count == told.count)
        }
    }

    @Test("who goes for a time, and whose activity rests, is not in transit")
    func notInTransit() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let (away, excused) = (
                try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell),
                try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            )
            let changed = try await scene.post(
                "/v1/members/\(excused)/changes", #"{"state":"temporarily-excused","reason":"Ốm dài ngày"}"#)
            #expect(changed.status == .ok, "\(changed.text)")
            try await scene.introduce(away, from: tree.a.cell, temporaryUntil: try Day("2027-05-31"))
            try await scene.introduce(excused, from: tree.a.cell)
            #expect(try await scene.events(MemberState.self, of: away.value).count == 1)
            #expect(
                try await scene.events(MemberState.self, of: excused.value).last?.state.state == .temporarilyExcused)
        }
    }

    @Test("a temporary stay is kept with its last day, is extended, and ends: the member is back as what he was")
    func stay() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let dossier: DossierID = scene.ids.next(at: scene.now)
            let request: DossierID = scene.ids.next(at: scene.now)
            func told() async throws -> MemberState {
                try #require(try await scene.events(MemberState.self, of: id.value).last?.state)
            }
            let stay = try MemberState.Stay(
                dossierId: dossier, cellId: tree.b.cell, from: Day("2026-12-01"), until: Day("2027-05-31"),
                latest: Day("2027-11-29"))
            try await scene.deliver(
                MemberAdmitted(
                    dossierId: dossier, memberId: id, fromCellId: tree.a.cell, toCellId: tree.b.cell,
                    effectiveOn: try Day("2026-11-20"), stay: stay))
            #expect(try await told().stay == stay)
            func end(of dossier: DossierID) async throws {
                try await scene.deliver(
                    CaseStayEnded(
                        dossierId: dossier, memberId: id, fromCellId: tree.a.cell, cellId: tree.b.cell,
                        until: try Day("2027-08-31"), endedAt: scene.now),
                    of: dossier)
            }
            try await scene.deliver(
                CaseStayChanged(
                    dossierId: dossier, memberId: id, fromCellId: tree.a.cell, cellId: tree.b.cell,
                    previousUntil: try Day("2027-05-31"), until: try Day("2027-08-31"), requestDossierId: request,
                    byMemberId: id, changedAt: scene.now),
                of: dossier)
            #expect(try await told().stay?.until == Day("2027-08-31"))
            // The end of another stay is not the end of this one.
            try await end(of: request)
            #expect(try await told().state == .temporarilyElsewhere)
            try await end(of: dossier)
            try await end(of: dossier)
            let back = try await told()
            #expect(back.state == .official && back.stay == nil && back.cellId == tree.a.cell)
            #expect(try await scene.events(MemberState.self, of: id.value).count == 4)
        }
    }

    @Test("a member whose cell was merged after his letter is admitted, or restored to the cell that has him")
    func mergedInTransit() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let other = try await scene.organization("A35.11.01.02", .subordinateCell, under: tree.a.base)
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let letter = try await scene.introduce(id, from: tree.a.cell)
            let merged = try await scene.post(
                "/v1/organizations/\(tree.a.cell)/merger", #"{"intoId":"\#(other)","reason":"Hợp nhất chi bộ"}"#)
            #expect(merged.status == .ok, "\(merged.text)")
            try await scene.cancelLetter(letter, of: id, from: tree.a.cell)
            let told = try await scene.events(MemberState.self, of: id.value)
            #expect(told.last?.state.state == .official && told.last?.state.cellId == other)
        }
    }

    @Test("a member whose old cell and new cell became one on his way arrives")
    func bothMerged() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let other = try await scene.organization("A35.11.01.02", .subordinateCell, under: tree.a.base)
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            try await scene.introduce(id, from: tree.a.cell)
            let merged = try await scene.post(
                "/v1/organizations/\(tree.a.cell)/merger", #"{"intoId":"\#(other)","reason":"Hợp nhất chi bộ"}"#)
            #expect(merged.status == .ok, "\(merged.text)")
            try await scene.deliver(try scene.admission(id, from: tree.a.cell, to: other))
            let told = try await scene.events(MemberState.self, of: id.value)
            #expect(told.last?.state.state == .official && told.last?.state.cellId == other)
        }
    }

    @Test("a letter on its way does not keep an end from holding from a day before it")
    func endBefore() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let before = try await scene.events(MemberState.self, of: id.value).count
            try await scene.introduce(id, from: tree.a.cell)
            let ended = try await scene.post(
                "/v1/members/\(id)/changes",
                #"{"state":"deceased","effectiveOn":"\#(Day(containing: scene.now).text)","reason":"Từ trần"}"#)
            #expect(ended.status == .ok, "\(ended.text)")
            let told = try await scene.events(MemberState.self, of: id.value)
            #expect(told.count == before + 2 && told.last?.state.state == .deceased)
        }
    }
}
