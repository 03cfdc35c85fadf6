import Contracts
import Foundation
import NotificationDomain
import ServiceTestKit
import Testing

@testable import Notification

@Suite("Short messages over HTTP", .timeLimit(.minutes(1)))
struct MessageChannelTests {
    private func send(to address: String) async throws -> DeliveryOutcome {
        let ids = SystemIDSource()
        let delivery = Delivery(
            id: ids.next(at: Date()), eventID: ids.next(at: Date()), rule: "acknowledgement",
            memberID: ids.next(at: Date()), channel: .sms, dossierID: nil, address: "0900000001",
            notice: FilledNotice(subject: "Mẫu", body: "Mẫu", short: "Mẫu"), attempt: 1, version: 1)
        let url = try #require(URL(string: address))
        return await MessageChannel(address: url, token: "secret", timeout: .seconds(10)).send(delivery)
    }

    @Test(
        "what the provider answers is sent, to be tried again, or refused",
        arguments: [
            ("202 Accepted", DeliveryOutcome.sent), ("429 Later", .failed(reason: "http-429")),
            ("503 Away", .failed(reason: "http-503")), ("422 No", .refused(reason: "http-422")),
        ])
    func answers(status: String, outcome: DeliveryOutcome) async throws {
        let seen = try await CannedServer.run(CannedServer.answer(status)) { try await send(to: $0) }
        #expect(seen == outcome)
    }

    @Test("a redirection is not followed: number, text and token are for one address")
    func redirection() async throws {
        let seen = try await CannedServer.run(CannedServer.answer("202 Accepted")) { elsewhere in
            let answer = CannedServer.answer("307 Elsewhere", headers: "Location: \(elsewhere)\r\n")
            return try await CannedServer.run(answer) { try await send(to: $0) }
        }
        #expect(seen == .failed(reason: "http-307"))
    }
}
