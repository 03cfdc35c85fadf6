import Contracts
import Foundation
import Testing

@testable import SigningDomain

@Suite("Numbers and codes of results")
struct RegisterTests {
    private let ids = SequentialIDSource(seed: 3)
    private let moment = Date(timeIntervalSince1970: 1_795_143_600)

    private func body(_ type: OrganizationType) throws -> OrganizationState {
        OrganizationState(
            organizationId: ids.next(at: moment), code: try OrganizationCode("A35.12.08"), name: "Đảng bộ xã Mẫu",
            type: type, status: .active, residential: true, duesRegion: .two, hasSeal: true, bankAccounts: [])
    }

    @Test("a result gets its number in the body's register, its code and its key in the store")
    func codes() throws {
        let codes = try ResultCodes(
            issuer: body(.commune), documentType: "GGT", register: 12,
            dossier: DossierCode("A35.12.08-261120-0007"), ordinal: 2)
        #expect(codes.number.description == "12-GGT/ĐU")
        #expect(codes.resultCode.text == "KQ.A35.12.08.GGT.12-GGT/ĐU")
        #expect(codes.storeKey.text == "A35.12.08-261120-0007-KQ(2)")
        #expect(!codes.resultCode.isPersonal)
    }

    @Test("every type of body has a symbol that its codes can bear", arguments: OrganizationType.allCases)
    func symbols(type: OrganizationType) throws {
        let codes = try ResultCodes(
            issuer: body(type), documentType: "GGT", register: 1, dossier: DossierCode("A35.12.08-261120-0007"),
            ordinal: 1)
        #expect(try ResultCode(codes.resultCode.text) == codes.resultCode)
    }

    @Test("a kind of document that no code can bear is refused")
    func badType() throws {
        #expect(throws: InvalidValue.self) {
            try ResultCodes(
                issuer: body(.commune), documentType: "1 lowercase", register: 1,
                dossier: DossierCode("A35.12.08-261120-0007"), ordinal: 1)
        }
    }
}

@Suite("Trying again")
struct RetryScheduleTests {
    private let schedule = RetrySchedule(first: 1, longest: 300, announcedAt: 5)
    private let now = Date(timeIntervalSince1970: 1_000_000)

    @Test(
        "the wait doubles up to the longest",
        arguments: [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (1_000, 300)] as [(Int, TimeInterval)])
    func waits(attempt: Int, wait: TimeInterval) {
        #expect(
            schedule.consequence(of: .ofSurroundings("seal"), attempt: attempt, now: now)
                == .retry(at: now.addingTimeInterval(wait), announced: false))
    }

    @Test("the case is told once that its result is late")
    func announced() {
        let told = (1...20).filter { attempt in
            if case .retry(_, true) = schedule.consequence(of: .ofSurroundings("seal"), attempt: attempt, now: now) {
                true
            } else {
                false
            }
        }
        #expect(told == [5])
    }

    @Test("what cannot become a document is given up at once")
    func givesUp() {
        #expect(schedule.consequence(of: .ofRequest("too-long"), attempt: 1, now: now) == .giveUp)
    }
}

@Suite("Templates and verification")
struct ResultTemplateTests {
    @Test("the facts of a letter stand in the order of the page; what is not given is left out")
    func facts() {
        let content = CaseResultRequested.Content(
            title: "Giấy giới thiệu", boxes: [],
            fields: ["duesPaidThrough": "11/2026", "memberName": "Nguyễn Văn Mẫu 01", "cardNumber": "", "other": "x"])
        let template = ResultTemplate(documentType: "GGT")
        #expect(template.facts(of: content).map(\.label) == ["Đồng chí", "Đã đóng đảng phí đến hết tháng"])
        #expect(template.title(of: content).hasPrefix("GIẤY GIỚI THIỆU"))
        #expect(ResultTemplate(documentType: "XN").title(of: content) == "GIẤY GIỚI THIỆU")
    }

    @Test(
        "every result of a published procedure has a template of its own",
        arguments: [
            ("GGT", "official-transfer/1", "toOrganization", true),
            ("GGTTT", "temporary-transfer/1", "toOrganization", true),
            ("YKNX", "residence-opinion/1", "fromOrganization", false),
            ("TB", "dues-objection/1", "memberName", false),
        ])
    func published(document: String, name: String, addressee: String, isLetter: Bool) {
        let template = ResultTemplate(documentType: document)
        #expect(template.name == name && template.addressee == addressee && template.isLetter == isLetter)
        #expect(template.title != nil && !template.paragraphs.isEmpty)
    }

    @Test("only an intact result in force may be relied on, and nothing else of it is told")
    func verification() throws {
        let id = VerificationID.make()
        let good = Verification(id, seal: .good, force: .inForce)
        #expect(good.exists && good.intact && good.inForce)
        #expect(!Verification(id, seal: .good, force: .invalidated).inForce)
        #expect(!Verification(id, seal: .broken, force: .inForce).intact)
        let untrusted = Verification(id, seal: .untrusted, force: .inForce)
        #expect(!untrusted.intact)
        #expect(untrusted.text.vietnamese.contains("không được tin cậy"))
        let json = try ContractsJSON.decode(JSONValue.self, from: ContractsJSON.encode(good))
        #expect(
            json.object.map { Set($0.keys) } == ["verificationId", "exists", "intact", "inForce", "text"])
    }
}
