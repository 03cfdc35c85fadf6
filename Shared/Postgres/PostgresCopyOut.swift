/// The rows of a `COPY ... TO STDOUT` as the server sends them, about 64 KiB at a time.
public struct PostgresCopyOut: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    let connection: PostgresConnection
    let scope: TransactionScope?
    let statement: SQL
    let bound: Wire.Bound
    /// Run before the COPY starts.
    let prepare: @Sendable () async throws(PostgresError) -> Void

    /// Starts the COPY with its first element.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: Reader(self)) }

    public struct Iterator: AsyncIteratorProtocol {
        let reader: Reader
        private var rows: [[UInt8]] = []
        private var position = 0

        init(reader: Reader) { self.reader = reader }

        public mutating func next() async throws -> [UInt8]? {
            if position == rows.count {
                rows = try await reader.read()
                position = 0
            }
            guard position < rows.count else { return nil }
            defer { position += 1 }
            return rows[position]
        }
    }

    /// Ends the COPY when the last iterator goes before the last row.
    final class Reader {
        private enum Phase { case new, open, ended }
        private let copy: PostgresCopyOut
        private var phase = Phase.new

        init(_ copy: PostgresCopyOut) { self.copy = copy }

        deinit {
            guard phase == .open else { return }
            copy.connection.postAtEnd { wire throws(PostgresError) in try wire.abandonCopyOut() }
        }

        func read() async throws(PostgresError) -> [[UInt8]] {
            let bound = copy.bound
            switch phase {
            case .new:
                try await copy.prepare()
                try await copy.connection.perform { [copy] wire throws(PostgresError) in
                    let opening = try copy.scope?.takeOpening() ?? []
                    try wire.startCopyOut(copy.statement, opening: opening, bound: bound)
                }
                phase = .open
            case .open: break
            case .ended: return []
            }
            do throws(PostgresError) {
                let part = try await copy.connection.perform { wire throws(PostgresError) in
                    try wire.nextCopyRows(bound: bound)
                }
                if part.isLast { phase = .ended }
                return part.rows
            } catch {
                // A cancelled wait leaves the COPY open; `deinit` ends it. Any other error has ended it.
                if error.code != .cancelled { phase = .ended }
                throw error
            }
        }
    }
}
