import Foundation
import Testing

@testable import Notification

@Suite("Mail headers")
struct MailHeaderTests {
    @Test("a long Vietnamese subject is cut between characters into encoded words of at most 75 characters")
    func subject() throws {
        let subject = "Biên lai đảng phí số 0001/2026 của chi bộ nơi đảng viên đang sinh hoạt đảng chính thức"
        let encoded = MailHeader.encoded(subject)
        let words = encoded.components(separatedBy: "\r\n ")
        #expect(words.count > 1)
        #expect(words.allSatisfy { $0.utf8.count <= 75 })
        let decoded = try words.map { word in
            let base64 = word.dropFirst("=?UTF-8?B?".count).dropLast(2)
            let data = try #require(Data(base64Encoded: String(base64)))
            return try #require(String(data: data, encoding: .utf8))
        }
        #expect(decoded.joined() == subject)
    }

    @Test(
        "an address that could carry a header or a command is refused",
        arguments: ["", "a", "a@", "@b", "a@b@c", "a b@c.example", "a@c.example\r\nRCPT TO:<x@y>", "<a@b>", "a,b@c"])
    func bad(address: String) { #expect(!MailHeader.isAddress(address)) }

    @Test("a plain address is taken", arguments: ["mau.01@mau.example", "a+b@c-d.example"])
    func good(address: String) { #expect(MailHeader.isAddress(address)) }
}
