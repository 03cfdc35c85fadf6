import Foundation
import HTTPTypes
import ServiceTestKit

/// Settlement files of the portal, as tests write and bring them.
enum PortalFile {
    struct Summary: Decodable {
        let states: [String: Int]
    }

    static let account = "1500201113838"

    /// - Parameter lines: reference, transaction, gross, fee.
    static func text(
        _ lines: [(String, String, Int64, Int64)], day: String = "20261120", account: String = account,
        kind: String = "TT"
    ) -> String {
        let rows = lines.map { "D|\($0.0)|\($0.1)|\($0.2)|\($0.3)|\($0.2 - $0.3)|\(day)|\(kind)|\(account)\n" }
        return "H|DOISOAT|\(day)\n" + rows.joined() + "T|\(lines.count)|\(lines.map(\.2).reduce(0, +))\n"
    }

    static func post(_ text: String, _ scene: DuesScene, gateway: String = "portal") async throws -> TestAnswer {
        try await scene.service.call(
            .post, "/v1/settlements?gateway=\(gateway)&organizationId=\(scene.base)",
            token: try await scene.service.operatorToken(), key: UUID().uuidString,
            headers: [.contentType: "text/plain"], body: Array(text.utf8))
    }
}
