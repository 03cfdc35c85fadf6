import Contracts
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// The versions of an aggregate, newest first.
struct HistoryView<State: Encodable>: Encodable {
    struct Item: Encodable {
        let version: Int64
        let at: Date
        let effectiveOn: Day
        /// For those who administer the place.
        let author: String?
        let reason: String?
        let state: State
    }

    let items: [Item]
    /// Give it as `before` for older ones; absent where there are none.
    let next: Int64?
}

extension DirectoryDesk {
    /// - Parameters:
    ///   - tellsWhy: whether author and reason are told too.
    ///   - read: the state that a kept document told.
    func history<State: Encodable>(
        of kind: String, _ id: UUIDv7, _ request: Request, tellsWhy: Bool, in session: any PostgresQueryable,
        read: ([UInt8]) throws -> State
    ) async throws -> Reply {
        let limit = try PageRequest(request).limit
        let before = try Query.value("before", request, Int64.init)
        let found = try await Past.versions(kind, id, before: before, limit: limit, in: session)
        guard !found.isEmpty || before != nil else { throw Problem.notFound }
        let items = try found.prefix(limit).map { one in
            HistoryView<State>.Item(
                version: one.version, at: one.at, effectiveOn: one.effectiveOn,
                author: tellsWhy ? one.author : nil, reason: tellsWhy ? one.reason : nil,
                state: try read(one.document.bytes))
        }
        return try Reply.json(
            .ok, HistoryView(items: items, next: found.count > limit ? items.last?.version : nil))
    }
}
