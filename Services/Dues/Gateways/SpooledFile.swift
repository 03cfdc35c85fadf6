import Foundation
import Trust

/// A body that may be too large for memory: it lies in a file without a name, which is gone with this value.
final class SpooledFile: Sendable {
    static let piece = 65_536

    private let descriptor: Int32

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/settlement.XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw SpoolFault(code: errno) }
        unlink(&template)
    }

    deinit { close(descriptor) }

    /// Adds bytes at the end.
    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = write(descriptor, rest.baseAddress, rest.count)
            guard written > 0 else { throw SpoolFault(code: errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Reads from the start, a piece with each call; empty at the end.
    var pieces: () throws -> [UInt8] {
        var offset: off_t = 0
        return { [self] in
            let piece = try [UInt8](unsafeUninitializedCapacity: Self.piece) { buffer, count in
                let read = pread(descriptor, buffer.baseAddress, buffer.count, offset)
                guard read >= 0 else { throw SpoolFault(code: errno) }
                count = read
            }
            offset += off_t(piece.count)
            return piece
        }
    }
}

/// Why a body could not be kept, as the system says it.
struct SpoolFault: Error, CustomStringConvertible {
    let code: Int32

    var description: String { "a settlement file could not be kept: \(String(cString: strerror(code)))" }
}
