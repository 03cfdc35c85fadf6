import Contracts
import Foundation
import NIOCore
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

/// What is asked outside with a token: only there, and not for ever.
@Suite("Sources over HTTP", .timeLimit(.minutes(1)))
struct SourcesOverHTTPTests {
    private static let silentInTheMiddle =
        "HTTP/1.1 200 OK\r\nAs-Of: 2026-11-05T00:00:00Z\r\nContent-Length: 10\r\n\r\n{"

    private func page(_ answer: String, timeout: Duration = .seconds(20)) async throws -> ImportPage {
        try await CannedServer.run(answer) { address in
            try await HTTPImportSource(address: address, token: "secret", timeout: timeout)
                .page(ImportQuestion(subject: .members))
        }
    }

    private func holder(_ answer: String, timeout: Duration = .seconds(20)) async throws -> String? {
        try await CannedServer.run(answer) { address in
            let url = try #require(URL(string: address))
            return try await HTTPAccountInquiry(address: url, token: "secret", timeout: timeout)
                .holder(bankCode: "MAU", accountNumber: "0000000099")
        }
    }

    @Test("a page is its records, its moment and the next cursor")
    func page() async throws {
        let page = try await page(
            CannedServer.answer("200 OK", "{}\n", headers: "As-Of: 2026-11-05T00:00:00Z\r\nNext-Cursor: 7\r\n"))
        #expect(page.records.readableBytes == 3 && page.next == "7")
        #expect(RFC3339.text(of: page.asOf) == "2026-11-05T00:00:00.000Z")
    }

    @Test("a redirection of the source is not followed: the token is for one address")
    func redirection() async throws {
        let answer = CannedServer.answer("307 Elsewhere", headers: "Location: /elsewhere\r\n")
        let unanswered = await #expect(throws: HTTPImportSource.Unanswered.self) { try await page(answer) }
        #expect(unanswered?.description == "the source answered 307")
        let failed = await #expect(throws: InquiryFailed.self) { try await holder(answer) }
        #expect(failed?.reason == "http-307")
    }

    @Test("an answer that stops in the middle is given up in time")
    func trickle() async throws {
        let short = Duration.milliseconds(300)
        await #expect(throws: AnswerTimedOut.self) { try await page(Self.silentInTheMiddle, timeout: short) }
        await #expect(throws: InquiryFailed.self) { try await holder(Self.silentInTheMiddle, timeout: short) }
        await #expect(throws: FigureSourceFailure.away("unreachable")) {
            try await CannedServer.run(Self.silentInTheMiddle) { address in
                try await HTTPFigureSource(address: address, token: nil, timeout: short)
                    .figures(of: PersonalID("901090000017"), DuesMonth("2026-10"))
            }
        }
    }

    @Test("a bank's answer: the holder, or that it does not know the number")
    func bank() async throws {
        #expect(try await holder(CannedServer.answer("200 OK", #"{"holderName":"DANG BO MAU"}"#)) == "DANG BO MAU")
        #expect(try await holder(CannedServer.answer("404 Not Found")) == nil)
        let failed = await #expect(throws: InquiryFailed.self) { try await holder(CannedServer.answer("200 OK", "{")) }
        #expect(failed?.reason == "unreadable")
    }
}
