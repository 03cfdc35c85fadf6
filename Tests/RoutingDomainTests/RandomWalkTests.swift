import Contracts
import Foundation
import TestSeed
import Testing

@testable import RoutingDomain

/// A random small tree of irregular depth: base cells, sections, cells straight under a commune.
struct RandomLand {
    var country = Country()
    var cells: [OrganizationID] = []
    var communes: [OrganizationID] = []

    init(_ random: inout SeededGenerator) {
        let top = country.add(.central, "Trung ương")
        for province in 0..<Int.random(in: 1...2, using: &random) {
            let id = country.add(.provincial, "Tỉnh \(province)", under: top)
            for commune in 0..<Int.random(in: 1...3, using: &random) {
                addCommune("\(province).\(commune)", id, &random)
            }
        }
        while cells.count < 2 { addCommune("thêm \(cells.count)", top, &random) }
    }

    private mutating func addCommune(_ name: String, _ parent: OrganizationID, _ random: inout SeededGenerator) {
        let commune = country.add(.commune, "Xã \(name)", under: parent)
        communes.append(commune)
        for number in 0..<Int.random(in: 0...3, using: &random) {
            let name = "\(name).\(number)"
            guard Bool.random(using: &random) else {
                addCell(.baseCell, name, commune, &random)
                continue
            }
            let base = country.add(.baseOrganisation, "Cơ sở \(name)", under: commune)
            for number in 0..<Int.random(in: 1...2, using: &random) {
                let parent =
                    Bool.random(using: &random)
                    ? base : country.add(.section, "Bộ phận \(name).\(number)", under: base)
                addCell(.subordinateCell, "\(name).\(number)", parent, &random)
            }
        }
    }

    private mutating func addCell(
        _ type: OrganizationType, _ name: String, _ parent: OrganizationID, _ random: inout SeededGenerator
    ) {
        let day = Bool.random(using: &random) ? Int.random(in: 1...31, using: &random) : nil
        cells.append(country.add(type, "Chi bộ \(name)", under: parent, meetingDay: day))
    }

    /// Two different cells.
    func pair(_ random: inout SeededGenerator) -> (OrganizationID, OrganizationID) {
        let chosen = cells.shuffled(using: &random)
        return (chosen[0], chosen[1])
    }
}

@Suite("What holds on every tree (seeded)")
struct RandomWalkTests {
    static let rounds = 150

    @Test("a way goes up, then down, over neighbours only, and visits nobody twice")
    func ways() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for round in 0..<Self.rounds {
            let land = RandomLand(&random)
            let (from, to) = land.pair(&random)
            let tree = land.country.tree
            let way = try tree.route(from: from, to: to, origin: from)
            let ids = way.map(\.organizationId)
            #expect(ids.first == from && ids.last == to, "round \(round)")
            #expect(Set(ids).count == ids.count, "round \(round)")
            for (one, next) in zip(way, way.dropFirst()) {
                let isUp = one.place == .origin || one.place == .ascending
                let parent = isUp ? tree[one.organizationId]?.parentId : tree[next.organizationId]?.parentId
                #expect(parent == (isUp ? next : one).organizationId, "round \(round)")
            }
            #expect(way.filter { $0.place == .meeting }.map(\.organizationId) == [tree.meetingPoint(from, to)?.id])
            // The rest of a way is the way from there: re-planning at each hop changes nothing on a tree that stands.
            for index in way.indices.dropLast() {
                let rest = try tree.route(from: way[index].organizationId, to: to, origin: from)
                #expect(rest.dropFirst().map(\.self) == Array(way[(index + 1)...]), "round \(round)")
            }
        }
    }

    @Test("whatever is done, boxes stand, versions count the events, and an end is an end")
    func walks() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for round in 0..<Self.rounds {
            let land = RandomLand(&random)
            let (from, to) = land.pair(&random)
            let country = land.country
            let member = country.person("Nguyễn Văn Mẫu 02")
            let commune = try #require(land.communes.first)
            var change = try CaseEngine.open(
                country.dossier(of: member.memberId, to: to, received: commune), from: from, in: country.around())
            var count = change.events.count
            for _ in 0..<60 {
                let before = change.running
                guard let command = try land.command(for: before, &random) else { break }
                do {
                    change = try CaseEngine.apply(command, to: before, in: country.around())
                } catch {
                    change = CaseChange(running: before, events: [])
                }
                count += change.events.count
                let after = change.running
                #expect(after.everySignedBox.starts(with: before.everySignedBox), "round \(round)")
                #expect(after.boxes.map(\.number) == after.boxes.indices.map { $0 + 1 }, "round \(round)")
                #expect(after.version == Int64(count), "round \(round)")
                #expect((after.turn != nil) == (after.stage == .running), "round \(round)")
                #expect(!after.done.contains { after.concerned.contains($0.byMemberId) }, "round \(round)")
                if before.turn == nil, before.stage != .awaitingResult { #expect(after == before) }
                let copy = try ContractsJSON.decode(RunningCase.self, from: ContractsJSON.encode(after))
                #expect(copy == after, "round \(round)")
            }
        }
    }

    @Test("only whoever sits at the turn can act; everybody else is refused")
    func strangers() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for round in 0..<Self.rounds / 3 {
            let land = RandomLand(&random)
            let (from, to) = land.pair(&random)
            let country = land.country
            let member = country.person("Nguyễn Văn Mẫu 03")
            let commune = try #require(land.communes.first)
            var running = try CaseEngine.open(
                country.dossier(of: member.memberId, to: to, received: commune), from: from, in: country.around()
            ).running
            while let turn = running.turn {
                let name = turn.place == .destination ? "admit" : "approve"
                for node in country.nodes where node.id != turn.organizationId {
                    let stranger = country.officer(node.id)
                    #expect(throws: Refusal.noRoleHere, "round \(round)") {
                        try CaseEngine.apply(
                            country.action(name, in: running, by: stranger), to: running, in: country.around())
                    }
                }
                running = try CaseEngine.apply(country.action(name, in: running), to: running, in: country.around())
                    .running
            }
            #expect(running.stage == .awaitingResult)
        }
    }
}

extension RandomLand {
    /// Something an officer, the applicant or signing might do next, sensible or not; nil when there is nothing left.
    func command(for running: RunningCase, _ random: inout SeededGenerator) throws -> CaseCommand? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: return .withdraw
        case 1..<12: return .resultIssued(document: "GGT", version: Int.random(in: 1...2, using: &random))
        default: break
        }
        guard running.turn != nil else { return running.stage == .awaitingResult ? .withdraw : nil }
        let names = ["approve", "approve", "approve", "approve", "admit", "return", "readdress", "refuse"]
        let name = names.randomElement(using: &random) ?? "approve"
        var fields: [String: String] = [:]
        if name == "readdress", let cell = cells.randomElement(using: &random) {
            fields["destinationCellId"] = "\(cell)"
        }
        let anybody = country.nodes.randomElement(using: &random).map { country.officer($0.id) }
        return try country.action(
            name, in: running, by: Int.random(in: 0..<10, using: &random) == 0 ? anybody : nil, text: "Ghi chú",
            fields: fields)
    }
}
