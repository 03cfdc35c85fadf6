import Records
import Synchronization

/// What was found in a file beside its rows; filled while they stream into the database.
final class StagingNotes: Sendable {
    /// A fault with the record that it is about, where that can be read.
    struct NotedFault: Sendable {
        let fault: RecordFault
        /// Counts the faults of one line.
        let place: Int
        let key: String?
    }

    struct Contents: Sendable {
        var faults: [NotedFault] = []
        var counts = RecordCounts()
        /// The fields that the file has.
        var fields: [String] = []
        var bytes: Int64 = 0
    }

    private let contents = Mutex(Contents())

    var now: Contents { contents.withLock { $0 } }

    func note(_ faults: [RecordFault], about key: String?) {
        contents.withLock { contents in
            for (place, fault) in faults.enumerated() {
                contents.faults.append(NotedFault(fault: fault, place: place, key: key))
            }
        }
    }

    /// Counts bytes; how many there were so far.
    func count(_ bytes: Int) -> Int64 {
        contents.withLock { contents in
            contents.bytes += Int64(bytes)
            return contents.bytes
        }
    }

    func note(_ counts: RecordCounts, fields: [String]) {
        contents.withLock { contents in
            contents.counts = counts
            contents.fields = fields
        }
    }
}
