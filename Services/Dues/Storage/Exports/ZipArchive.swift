/// A ZIP archive that is written from its beginning to its end, so that it can be sent while it grows: sizes and
/// checksums follow each entry (APPNOTE.TXT 4.3.9), the directory stands last.
struct ZipArchive {
    /// Sizes and places are 32 bits wide here, as every reader of workbooks knows them.
    struct TooLarge: Error {}

    private struct Entry {
        let name: [UInt8]
        let offset: UInt32
        let checksum: UInt32
        let compressed: UInt32
        let size: UInt32
    }

    private var entries: [Entry] = []
    private var open: (name: [UInt8], offset: Int, deflater: Deflater)?
    private var written = 0

    mutating func begin(_ name: String, into bytes: inout [UInt8]) throws {
        let (before, name) = (bytes.count, Array(name.utf8))
        open = (name, written, try Deflater())
        bytes.little(0x0403_4b50 as UInt32)
        Self.header(into: &bytes, checksum: 0, compressed: 0, size: 0, name: name)
        bytes += name
        written += bytes.count - before
    }

    mutating func add(_ content: [UInt8], into bytes: inout [UInt8]) throws {
        let before = bytes.count
        try open?.deflater.add(content, into: &bytes)
        written += bytes.count - before
    }

    mutating func endEntry(into bytes: inout [UInt8]) throws {
        guard let (name, offset, deflater) = open else { return }
        let before = bytes.count
        try deflater.add([], isLast: true, into: &bytes)
        guard let offset = UInt32(exactly: offset), let compressed = UInt32(exactly: deflater.bytesOut),
            let size = UInt32(exactly: deflater.bytesIn)
        else { throw TooLarge() }
        bytes.little(0x0807_4b50 as UInt32)
        bytes.little(deflater.checksum)
        bytes.little(compressed)
        bytes.little(size)
        written += bytes.count - before
        entries.append(
            Entry(name: name, offset: offset, checksum: deflater.checksum, compressed: compressed, size: size))
        open = nil
    }

    /// Writes the directory.
    mutating func end(into bytes: inout [UInt8]) throws {
        let before = bytes.count
        for entry in entries {
            bytes.little(0x0201_4b50 as UInt32)
            bytes.little(Self.version)
            Self.header(
                into: &bytes, checksum: entry.checksum, compressed: entry.compressed, size: entry.size,
                name: entry.name)
            // No comment, first disk, no attributes.
            bytes += [UInt8](repeating: 0, count: 10)
            bytes.little(entry.offset)
            bytes += entry.name
        }
        guard let start = UInt32(exactly: written) else { throw TooLarge() }
        let length = UInt32(bytes.count - before)
        bytes.little(0x0605_4b50 as UInt32)
        bytes += [0, 0, 0, 0]
        bytes.little(UInt16(entries.count))
        bytes.little(UInt16(entries.count))
        bytes.little(length)
        bytes.little(start)
        bytes += [0, 0]
    }

    /// What an entry's head and its line in the directory have in common: version, flags (sizes follow, names in UTF-8),
    /// DEFLATE, no time, checksum and sizes, the length of the name, nothing more.
    private static func header(
        into bytes: inout [UInt8], checksum: UInt32, compressed: UInt32, size: UInt32, name: [UInt8]
    ) {
        bytes.little(version)
        bytes.little(0x0808 as UInt16)
        bytes.little(8 as UInt16)
        // The time of MS-DOS: midnight of the first day that it can say, for an archive is the same whenever it is made.
        bytes.little(0 as UInt16)
        bytes.little(0x0021 as UInt16)
        bytes.little(checksum)
        bytes.little(compressed)
        bytes.little(size)
        bytes.little(UInt16(name.count))
        bytes.little(0 as UInt16)
    }

    private static let version: UInt16 = 20
}

extension [UInt8] {
    fileprivate mutating func little(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
