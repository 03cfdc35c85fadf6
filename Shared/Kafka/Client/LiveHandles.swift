/// Counts what was taken from librdkafka and not given back yet, for tests to see it return to zero.
enum LiveHandles {
    enum Kind: Hashable, CaseIterable {
        case client, queue, topic, abandonedClient
    }

    private struct Key: Hashable {
        var clientID: String
        var kind: Kind
    }

    private static let counts = Guarded<[Key: Int]>([:])

    static func add(_ kind: Kind, _ clientID: String) {
        counts.withLock { $0[Key(clientID: clientID, kind: kind), default: 0] += 1 }
    }

    static func remove(_ kind: Kind, _ clientID: String) {
        counts.withLock { counts in
            let key = Key(clientID: clientID, kind: kind)
            let left = (counts[key] ?? 0) - 1
            counts[key] = left == 0 ? nil : left
        }
    }

    /// How many of these kinds a client id has out.
    static func count(clientID: String, _ kinds: [Kind] = Kind.allCases) -> Int {
        counts.withLock { counts in
            kinds.reduce(0) { $0 + abs(counts[Key(clientID: clientID, kind: $1)] ?? 0) }
        }
    }
}
