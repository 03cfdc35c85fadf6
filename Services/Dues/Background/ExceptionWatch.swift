import Contracts
import Metrics
import Postgres
import ServiceKit

/// Tells how many exceptions of each kind wait for a person, as the gauge `dues_exceptions_open`.
struct ExceptionWatch: Sendable {
    let kit: ServiceContext

    /// What can be raised; told also while there is none of it, so that a series that was settled goes back to 0.
    private static let kinds = Set(
        ExceptionKind.allCases.map(\.rawValue) + SettlementState.allCases.filter { $0 != .matched }.map(\.rawValue))

    func count() async throws {
        let rows = try await kit.pool.query(
            "SELECT kind, count(*) AS open FROM exceptions WHERE settled_at IS NULL GROUP BY kind")
        var open = Dictionary(Self.kinds.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
        for row in rows { open[try row.get("kind")] = try row.get("open") }
        for (kind, count) in open {
            Gauge(label: "dues.exceptions.open", dimensions: [("kind", kind)]).record(count)
        }
    }
}
