import CLibPQ

/// The parameters of one statement laid out as libpq wants them; its memory is used again.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    /// Where each value starts in `bytes`; -1 for NULL.
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// Beyond this the memory is given back after use.
    private static let keptCapacity = 1 << 20

    /// Lays the values out; they are validated before.
    mutating func fill(_ values: [PostgresValue]) {
        if bytes.capacity > Self.keptCapacity { bytes = [] }
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for value in values {
            let start = bytes.count
            if value.appendBinary(to: &bytes) {
                starts.append(start)
                formats.append(1)
                // One byte keeps the start of an empty last value inside the buffer.
                lengths.append(Int32(clamping: bytes.count - start))
                bytes.append(0)
                continue
            }
            if case .text(let text) = value.storage {
                bytes.append(contentsOf: text.utf8)
                bytes.append(0)
                starts.append(start)
            } else {
                starts.append(-1)
            }
            formats.append(0)
            lengths.append(0)
        }
    }

    /// Calls libpq with count, values, lengths and formats.
    func withPointers<R>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.bindMemory(to: CChar.self).baseAddress
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: starts.count) { values in
                for (index, start) in starts.enumerated() {
                    values.initializeElement(at: index, to: start < 0 ? nil : base.map { $0 + start })
                }
                return lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(
                            Int32(starts.count), UnsafePointer(values.baseAddress), lengths.baseAddress,
                            formats.baseAddress)
                    }
                }
            }
        }
    }
}

extension SQL {
    /// Refuses what cannot be sent as it is, before anything of it is.
    func validate() throws(PostgresError) {
        // C ends a string at a NUL: the rest of the statement would be cut off in silence.
        guard !text.utf8.contains(0) else { throw .usage("the statement has a NUL in it") }
        guard bindings.count <= 65_535 else { throw .usage("a statement has at most 65,535 parameters; use an array") }
        for (index, value) in bindings.enumerated() {
            switch value.storage {
            case .text(let text) where text.utf8.contains(0):
                throw .usage("parameter \(index + 1) has a NUL in it")
            case .invalid(let reason):
                throw .usage("parameter \(index + 1): \(reason)")
            default: break
            }
        }
    }
}
