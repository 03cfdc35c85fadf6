/// One value of a result as it came from the server.
///
/// It keeps the memory it points into alive: the whole result, or its own bytes for an element of an array in text.
public struct PostgresCell {
    enum Source {
        case null
        case result(ResultStorage, UnsafeRawBufferPointer)
        case owned([UInt8])
    }

    /// The name of the column, for errors.
    public let column: String
    public let type: PostgresType
    /// Whether the bytes are PostgreSQL's binary form; its text form otherwise.
    public let isBinary: Bool
    let source: Source

    public var isNull: Bool {
        if case .null = source { true } else { false }
    }

    /// Gives the bytes for the time of the call; a NULL throws.
    public func withBytes<R>(
        _ body: (UnsafeRawBufferPointer) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        switch source {
        case .null:
            throw PostgresError.decoding(column: column, "it is NULL")
        case .result(let storage, let bytes):
            // The pointer lies in memory that the storage frees when it goes.
            let result: Result<R, PostgresError> = withExtendedLifetime(storage) {
                do throws(PostgresError) { return .success(try body(bytes)) } catch { return .failure(error) }
            }
            return try result.get()
        case .owned(let bytes):
            let result: Result<R, PostgresError> = bytes.withUnsafeBytes { bytes in
                do throws(PostgresError) { return .success(try body(bytes)) } catch { return .failure(error) }
            }
            return try result.get()
        }
    }

    /// The bytes as UTF-8 text.
    public func text() throws(PostgresError) -> String {
        try withBytes { bytes throws(PostgresError) in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw mismatch("String", "its bytes are no UTF-8")
            }
            return text
        }
    }

    /// The bytes as one big-endian number of exactly that width.
    public func bigEndian<T: FixedWidthInteger>(_: T.Type) throws(PostgresError) -> T {
        try withBytes { bytes throws(PostgresError) in
            guard bytes.count == MemoryLayout<T>.size else { throw mismatch("\(T.self)", "\(bytes.count) bytes") }
            return T(bigEndian: bytes.loadUnaligned(as: T.self))
        }
    }

    /// The error of a value that is not what was asked for.
    public func mismatch(_ wanted: String, _ reason: String? = nil) -> PostgresError {
        let form = isBinary ? "" : " as text"
        return .decoding(column: column, "\(type)\(form) is no \(wanted)" + (reason.map { ": \($0)" } ?? ""))
    }
}

extension PostgresError {
    static func decoding(column: String, _ message: String) -> PostgresError {
        var error = PostgresError(.decoding, "column \"\(column)\": \(message)")
        error.column = column
        return error
    }
}
