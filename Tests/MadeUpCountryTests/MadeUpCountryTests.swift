import Contracts
import Foundation
import MadeUpCountry
import Testing

@Suite("A made-up country")
struct MadeUpCountryTests {
    /// Keeps everything it is told.
    struct Everything: MadeUpCountry.Listener, Equatable {
        var organizations: [MadeUpOrganization] = []
        var members: [MadeUpMember] = []
        var officers: [MadeUpOfficer] = []

        mutating func organization(_ organization: MadeUpOrganization) { organizations.append(organization) }
        mutating func member(_ member: MadeUpMember) { members.append(member) }
        mutating func officer(_ officer: MadeUpOfficer) { officers.append(officer) }
    }

    /// Counts, for what is too large to be kept.
    struct Counts: MadeUpCountry.Listener {
        var organizations: [OrganizationType: Int] = [:]
        var members = 0

        mutating func organization(_ organization: MadeUpOrganization) {
            organizations[organization.type, default: 0] += 1
        }
        mutating func member(_ member: MadeUpMember) { members += 1 }
        mutating func officer(_ officer: MadeUpOfficer) {}
    }

    private func everything(
        _ scale: CountryScale, seed: UInt64 = 7, revision: Int = 1, rates: ErrorRates = ErrorRates()
    ) throws -> Everything {
        var all = Everything()
        try MadeUpCountry(seed: seed, scale: scale, revision: revision, rates: rates).tell(&all)
        return all
    }

    @Test("the same seed tells the same, another one something else")
    func deterministic() throws {
        #expect(try everything(.commune) == everything(.commune))
        #expect(try everything(.commune) != everything(.commune, seed: 8))
    }

    @Test("a commune is the same alone and in its province")
    func independent() throws {
        let alone = try everything(.commune)
        let province = try everything(.province)
        #expect(!alone.members.isEmpty)
        #expect(Array(province.members.prefix(alone.members.count)) == alone.members)
        #expect(province.organizations.filter { $0.type == .commune }.count == 126)
    }

    @Test("without errors every record is right: codes, parents told before, ids that fit, cells that exist")
    func clean() throws {
        let all = try everything(.province, rates: .none)
        var types: [String: OrganizationType] = [:]
        for organization in all.organizations {
            #expect(try OrganizationCode(organization.code).text == organization.code)
            #expect(types[organization.code] == nil)
            if let parent = organization.parentCode { #expect(types[parent] != nil) }
            types[organization.code] = organization.type
        }
        #expect(Set(all.members.map(\.sourceId)).count == all.members.count)
        #expect(Set(all.members.compactMap(\.personalId)).count == all.members.count)
        for member in all.members {
            let id = try PersonalID(try #require(member.personalId))
            let warnings = id.warnings(sex: member.sex, birthYear: member.birthDate.year)
            guard warnings.isEmpty, types[member.cellCode]?.isCell == true, member.birthDate < member.joinedOn,
                member.recognisedOn.map({ $0 >= member.joinedOn }) ?? (member.state == .probationary)
            else {
                Issue.record("\(member)")
                return
            }
        }
        let known = Set(all.members.map(\.sourceId))
        #expect(all.officers.allSatisfy { known.contains($0.sourceId) && types[$0.organizationCode] != nil })
    }

    @Test("errors come as often as they are meant to")
    func errors() throws {
        let all = try everything(.province)
        let count = Double(all.members.count)
        let cells = Set(all.organizations.filter(\.type.isCell).map(\.code))
        func share(_ isWrong: (MadeUpMember) -> Bool) -> Double {
            Double(all.members.count(where: isWrong)) / count * 100_000
        }
        #expect((1_800...2_200).contains(share { $0.personalId == nil }))
        #expect((80...160).contains(share { !cells.contains($0.cellCode) }))
        #expect((60...140).contains(share { member in member.recognisedOn.map { $0 < member.joinedOn } ?? false }))
        let ids = Dictionary(grouping: all.members.compactMap(\.personalId), by: \.self)
        #expect((25...80).contains(Double(ids.values.count { $0.count > 1 }) / count * 100_000))
    }

    @Test("a later revision differs in one record of a hundred")
    func revisions() throws {
        let first = Dictionary(uniqueKeysWithValues: try everything(.province).members.map { ($0.sourceId, $0) })
        let second = Dictionary(
            uniqueKeysWithValues: try everything(.province, revision: 2).members.map { ($0.sourceId, $0) })
        let missing = first.keys.count { second[$0] == nil }
        let extra = second.keys.count { first[$0] == nil }
        let changed = first.count { key, member in second[key].map { $0 != member } ?? false }
        #expect(missing > 0 && extra > 0)
        // Whoever came stands for one of the hundred too.
        #expect((900...1_100).contains((missing + extra + changed) * 100_000 / first.count))
    }

    @Test(
        "the whole country has the country's size and every type of organisation",
        .enabled(
            if: ProcessInfo.processInfo.environment["HOSO_TEST_LONG"] != nil,
            "only with Infra/test --long: 5.6 million people take minutes in a debug build"))
    func country() throws {
        var counts = Counts()
        try MadeUpCountry(seed: 1, scale: .country).tell(&counts)
        #expect(counts.organizations[.provincial] == 34 && counts.organizations[.commune] == 3_321)
        let bases = (counts.organizations[.baseOrganisation] ?? 0) + (counts.organizations[.baseCell] ?? 0)
        let cells = (counts.organizations[.subordinateCell] ?? 0) + (counts.organizations[.baseCell] ?? 0)
        #expect((51_000...53_000).contains(bases))
        #expect((220_000...230_000).contains(cells))
        #expect((5_450_000...5_800_000).contains(counts.members))
        #expect(Set(counts.organizations.keys) == Set(OrganizationType.allCases))
    }

    @Test("commas, quotes and line breaks come through")
    func quoting() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hoso-country-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var writer = try RecordWriter(.csv, in: directory)
        try writer.organization(
            MadeUpOrganization(
                code: "A01", type: .provincial, name: "Tỉnh \"Mẫu\", số 1", parentCode: nil, residential: false,
                duesRegion: .one, meetingDay: nil))
        _ = try writer.close()
        let text = try String(contentsOf: directory.appending(path: "organizations.csv"), encoding: .utf8)
        #expect(text.contains("A01,provincial,\"Tỉnh \"\"Mẫu\"\", số 1\",,false,I,\r\n"))
    }

    @Test("files of both formats hold what was told")
    func files() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hoso-country-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let country = MadeUpCountry(seed: 3, scale: .commune)
        let all = try everything(.commune, seed: 3)
        for format in RecordWriter.Format.allCases {
            var writer = try RecordWriter(format, in: directory)
            try country.tell(&writer)
            let counts = try writer.close()
            #expect(counts.members == all.members.count && counts.organizations == all.organizations.count)
            let text = try String(
                contentsOf: directory.appending(path: "members.\(format.rawValue)"), encoding: .utf8)
            let lines = text.split(whereSeparator: \.isNewline)
            #expect(lines.count == all.members.count + (format == .csv ? 1 : 0))
            let last = try #require(all.members.last)
            #expect(try #require(lines.last).contains(last.sourceId))
        }
    }
}
