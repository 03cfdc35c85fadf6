import ArgumentParser
import Contracts
import Foundation
import NIOHTTP1

extension PolicyCommands {
    /// `policy compare`: begins a comparison, waits for its end and shows it.
    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells who would pay what differently in a month, in numbers.",
            discussion: """
                The whole country takes minutes; it goes on in the service when this command is ended, and once more \
                the command shows how far it is.
                """)
        @OptionGroup var options: AdminOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "The month, such as 2026-12.") var month: String
        @Flag(help: "Show the last one begun, as far as it is.") var last = false

        private struct Request: Encodable {
            let month: String
        }

        private struct Answer: Codable {
            struct Sums: Codable {
                let members, differing, sumNow, sumThen, highestRise, highestFall, toExempt, fromExempt: Int64

                var columns: [String] {
                    [members, differing, sumNow, sumThen, highestRise, highestFall, toExempt, fromExempt].map {
                        "\($0)"
                    }
                }
            }

            struct Category: Codable {
                let category: String?
                let sums: Sums
            }

            let version, baseVersion: Int
            let month, state: String
            let members: Int64
            let total: Sums
            let categories: [Category]
            let assessedMonthsChanged: [String]
        }

        func validate() throws {
            guard (try? DuesMonth(month)) != nil else { throw ValidationError("--month is no month") }
        }

        func run() async throws {
            try await AdminClient.with(options) { client in
                let path = "/v1/policies/\(version)/comparison"
                if !last {
                    _ = try await client.send(
                        .dues, "\(path)s", Request(month: month), as: Answer.self, alsoAccepts: .accepted)
                }
                var answer = try await client.call(.dues, "\(path)?month=\(month)", as: Answer.self)
                while !last, answer.state == "running" {
                    try await Task.sleep(for: .seconds(1))
                    answer = try await client.call(.dues, "\(path)?month=\(month)", as: Answer.self)
                }
                if options.json { return try Output.json(answer) }
                show(answer)
            }
        }

        private func show(_ answer: Answer) {
            Output.table(
                ["CATEGORY", "MEMBERS", "DIFFERING", "NOW", "THEN", "RISE", "FALL", "TO EXEMPT", "FROM EXEMPT"],
                answer.categories.map { [$0.category ?? "(none)"] + $0.sums.columns } + [["all"] + answer.total.columns]
            )
            Output.line(
                "\(answer.state): version \(answer.version) with \(answer.baseVersion) in \(answer.month), "
                    + "\(answer.members) members looked at")
            guard !answer.assessedMonthsChanged.isEmpty else { return }
            Output.line(
                "assessed already and changed when assessed again: "
                    + answer.assessedMonthsChanged.joined(separator: ", "))
        }
    }
}
