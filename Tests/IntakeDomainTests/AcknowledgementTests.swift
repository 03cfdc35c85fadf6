import Contracts
import Foundation
import Testing
import WorkingTime

@testable import IntakeDomain

@Suite("The acknowledgement")
struct AcknowledgementTests {
    private func moment(_ text: String) throws -> Date { try #require(RFC3339.moment(of: text)) }

    private func acknowledged(
        _ arrival: String, outsideHours: DeadlineRules.OutsideHours = .nextOpening
    ) throws -> Acknowledgement {
        let rules = try DeadlineRules(outsideHours: outsideHours, warningPercentLeft: 25, maximumExtensionHours: 8)
        let time = WorkingTime(calendar: try .bundled(), rules: rules)
        return try Acknowledgement(
            arrivedAt: moment(arrival), at: OrganizationCode("A35.12.08"), number: 7, within: .workingHours(8), by: time
        )
    }

    @Test("within office hours the official time of receipt is the moment itself")
    func withinHours() throws {
        let given = try acknowledged("2026-11-20T15:30:00+07:00")
        #expect(given.code.text == "A35.12.08-261120-0007")
        #expect(try given.receivedAt == moment("2026-11-20T15:30:00+07:00"))
        #expect(try given.deadline.at == moment("2026-11-23T15:30:00+07:00"))
        #expect(!given.deadline.provisional)
    }

    @Test("on a Friday evening it is Monday's opening, and the code bears that day")
    func afterHours() throws {
        let given = try acknowledged("2026-11-20T19:05:00+07:00")
        #expect(given.code.text == "A35.12.08-261123-0007")
        #expect(try given.receivedAt == moment("2026-11-23T08:00:00+07:00"))
        #expect(try given.acknowledgedAt == moment("2026-11-20T19:05:00+07:00"))
        #expect(try given.deadline.at == moment("2026-11-23T17:00:00+07:00"))
    }

    @Test("where the body counts receipts as they come, the day stays and the limit still runs in working hours")
    func asReceived() throws {
        let given = try acknowledged("2026-11-20T19:05:00+07:00", outsideHours: .asReceived)
        #expect(given.code.text == "A35.12.08-261120-0007")
        #expect(try given.deadline.at == moment("2026-11-23T17:00:00+07:00"))
    }

    @Test("a dossier's number is never refused for its length")
    func bigNumber() throws {
        let time = WorkingTime(calendar: try .bundled())
        let given = try Acknowledgement(
            arrivedAt: moment("2026-11-20T09:00:00+07:00"), at: OrganizationCode("A35"), number: 12_345,
            within: .workingHours(8), by: time)
        #expect(given.code.text == "A35-261120-12345")
    }

    @Test("the receiving body is the first committee above the base organisation, whatever lies between")
    func receivingBody() throws {
        func path(_ types: OrganizationType...) throws -> [OrganizationState] {
            try types.map { try Forms.organization(Forms.ids.next(at: Forms.moment), $0) }
        }
        #expect(
            ReceivingBody.find(above: try path(.subordinateCell, .section, .baseOrganisation, .commune, .provincial))?
                .type == .commune)
        #expect(ReceivingBody.find(above: try path(.baseCell, .superiorOfBase, .provincial))?.type == .superiorOfBase)
        #expect(ReceivingBody.find(above: try path(.subordinateCell, .baseOrganisation)) == nil)
    }
}

@Suite("Attachments")
struct AttachmentRulesTests {
    private let rules = AttachmentRules(limit: 16)

    @Test("formats are told by their first bytes")
    func formats() throws {
        #expect(FileFormat(firstBytes: Array("%PDF-1.7".utf8)) == .pdf)
        #expect(FileFormat(firstBytes: [0xFF, 0xD8, 0xFF, 0xE0] as [UInt8]) == .jpeg)
        #expect(FileFormat(firstBytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0] as [UInt8]) == .png)
        #expect(FileFormat(firstBytes: Array("MZ".utf8)) == nil)
        #expect(try rules.stated("Application/PDF; charset=binary") == .pdf)
        #expect(throws: AttachmentFault.formatNotAccepted) { try rules.stated("text/html") }
        #expect(throws: AttachmentFault.formatNotAccepted) { try rules.stated(nil) }
    }

    @Test("the contents must be of the stated format, not empty, not too large")
    func contents() throws {
        try rules.check(Array("%PDF-1.7 1234567".utf8), stated: .pdf)
        #expect(throws: AttachmentFault.tooLarge(limit: 16)) {
            try rules.check(Array("%PDF-1.7 12345678".utf8), stated: .pdf)
        }
        #expect(throws: AttachmentFault.empty) { try rules.check([UInt8](), stated: .pdf) }
        #expect(throws: AttachmentFault.contentDiffers(stated: .png)) {
            try rules.check(Array("%PDF-1.7".utf8), stated: .png)
        }
    }

    @Test(
        "names are read from their percent-encoded form",
        arguments: [
            ("b%E1%BA%A3n.pdf", "bản.pdf"), ("a%20b.pdf", "a b.pdf"), ("..%2Fetc", nil), ("%00", nil), ("%FF", nil),
            ("", nil), ("%0A", nil), ("..", nil), ("a%E2%80%AEfdp.exe", nil),
        ] as [(String, String?)])
    func names(header: String, name: String?) throws {
        if let name {
            #expect(try rules.name(percentEncoded: header) == name)
        } else {
            #expect(throws: AttachmentFault.self) { try rules.name(percentEncoded: header) }
        }
    }
}
