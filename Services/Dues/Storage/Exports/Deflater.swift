import CZlib

/// Compresses one entry of a ZIP archive as it grows: raw DEFLATE (RFC 1951), with the CRC-32 of what went in.
///
/// The object owns zlib's state and ends it; zlib keeps the address of the state, so it does not move.
final class Deflater {
    /// zlib could not go on; it lacks memory.
    struct Failure: Error {
        let code: Int32
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var checksum: UInt32 = 0
    private(set) var bytesIn = 0
    private(set) var bytesOut = 0
    private var room = [UInt8](repeating: 0, count: 32 * 1024)

    init() throws {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = hoso_deflate_raw(stream, Z_BEST_SPEED)
        guard code == Z_OK else { throw Failure(code: code) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses the bytes and appends what zlib has ready.
    ///
    /// - Parameter isLast: ends the entry.
    func add(_ bytes: [UInt8], isLast: Bool = false, into result: inout [UInt8]) throws {
        try bytes.withUnsafeBufferPointer { input in
            // zlib reads from it and never writes.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            checksum = UInt32(crc32(UInt(checksum), input.baseAddress, UInt32(input.count)))
            bytesIn += input.count
            var code = Z_OK
            repeat {
                let produced = room.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    code = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    return output.count - Int(stream.pointee.avail_out)
                }
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw Failure(code: code) }
                result.append(contentsOf: room[..<produced])
                bytesOut += produced
            } while stream.pointee.avail_out == 0 || (isLast && code != Z_STREAM_END)
            stream.pointee.next_in = nil
        }
    }
}
