import Contracts
import DirectoryDomain
import Testing

@Suite("Fields that members check, and identities")
struct MemberDataTests {
    private let today = SampleTree.today

    @Test(
        "a field is corrected to what can be read as its value",
        arguments: [
            (.fullName, "  Trần  Thị Mẫu "), (.sex, "female"), (.birthDate, "1990-03-04"), (.joinedOn, "2014-05-19"),
            (.recognisedOn, "2016-06-01"), (.officialCardNumber, "00.000002"), (.recordNumber, "SL-01"),
            (.workplace, "Cơ quan Mẫu"), (.residence, "Xã Mẫu"), (.position, "Chuyên viên"),
        ] as [(MemberField, String)])
    func corrected(_ field: MemberField, _ text: String) throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let corrected = try member.corrected(field, to: text, today: today)
        #expect(corrected.text(of: field) == text.split(separator: " ").joined(separator: " "))
        #expect(corrected.version == member.version + 1)
        for other in MemberField.allCases where other != field {
            #expect(corrected.text(of: other) == member.text(of: other))
        }
    }

    @Test(
        "what is no value of the field, or breaks a rule of the member, is refused",
        arguments: [
            (.sex, "khác", "member.field-form"), (.birthDate, "04/03/1990", "member.field-form"),
            (.position, " ", "member.field-form"), (.birthDate, "2020-01-01", "member.birth-date"),
            (.joinedOn, "2027-01-01", "day.future"), (.recognisedOn, "2010-01-01", "member.recognised-before-joined"),
            (.cellId, "019a9ef0-0001-7000-8000-000000000001", "member.field-form"),
        ] as [(MemberField, String, String)])
    func refused(_ field: MemberField, _ text: String, _ rule: String) throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        #expect(brokenRules { _ = try member.corrected(field, to: text, today: today) }.contains(rule))
    }

    /// A candidate with this number, name and day of birth.
    private func candidate(
        _ number: String?, _ name: String = "Nguyễn Văn Mẫu", born: String? = "1990-03-04", isTaken: Bool = false
    ) throws -> IdentityMatch.Candidate {
        let tree = try SampleTree()
        var member = try tree.member(in: tree.cellA1).corrected(.fullName, to: name, today: today)
        if let born { member = try member.corrected(.birthDate, to: born, today: today) }
        return IdentityMatch.Candidate(
            member: member, personalID: try number.map { try PersonalID($0) }, isTaken: isTaken)
    }

    private func match(_ candidates: [IdentityMatch.Candidate]) throws -> IdentityMatch {
        IdentityMatch(
            IdentityMatch.Person(
                personalID: try PersonalID("001090000017"), fullName: "NGUYỄN VĂN  MẪU",
                birthDate: try Day("1990-03-04")),
            among: candidates)
    }

    @Test("an identity is bound to the one member who has its number and its name")
    func bound() throws {
        let right = try candidate("001090000017")
        #expect(try match([right]) == .bound(right.member.id))
        let unborn = try candidate("001090000017", born: nil)
        #expect(try match([unborn]) == .bound(unborn.member.id), "a day of birth that is not kept contradicts nothing")
    }

    @Test("everything less is for a person to settle; nobody at all is not found")
    func ambiguous() throws {
        #expect(try match([]) == .notFound)
        #expect(try match([candidate("001090000017", "Nguyễn Văn Mẩu")]) == .ambiguous, "another tone is another name")
        #expect(try match([candidate("001090000017", born: "1991-03-04")]) == .ambiguous)
        #expect(try match([candidate("001090000024")]) == .ambiguous, "the name alone is nobody's")
        #expect(try match([candidate(nil)]) == .ambiguous)
        #expect(try match([candidate("001090000017", isTaken: true)]) == .ambiguous)
        #expect(try match([candidate("001090000017"), candidate(nil)]) == .ambiguous)
    }
}
