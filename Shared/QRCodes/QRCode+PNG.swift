import CZlib

extension QRCode {
    /// zlib could not compress an image; it lacks memory.
    public struct NotCompressed: Error {
        /// What zlib said.
        public let code: Int32
    }

    /// The code as an image: PNG, black and white, eight pixels for each square, with the light margin of four squares
    /// that readers need (ISO/IEC 18004, 9.1).
    ///
    /// One bit for each pixel, so that a square is a byte in each of its eight rows.
    public func png() throws(NotCompressed) -> [UInt8] {
        let across = side + 2 * Self.margin
        let light = [UInt8](repeating: 0xFF, count: across)
        let squares: [UInt8] = (0..<across).flatMap { row in
            let isMargin = row < Self.margin || row >= Self.margin + side
            // Each row of pixels begins with how it is filtered: not at all.
            let pixels: [UInt8] = [0] + (isMargin ? light : self.row(row - Self.margin))
            return Array(repeatElement(pixels, count: 8).joined())
        }
        let width = UInt32(across * 8)
        // Depth 1, grey, and the only methods there are of compression, filtering and interlacing (none).
        let header: [UInt8] = Self.bytes(of: width) + Self.bytes(of: width) + [1, 0, 0, 0, 0]
        let signature: [UInt8] = [0x89] + Array("PNG\r\n\u{1A}\n".utf8)
        let image = try Self.chunk("IDAT", Self.compressed(squares))
        return signature + Self.chunk("IHDR", header) + image + Self.chunk("IEND", [])
    }

    /// In squares.
    private static let margin = 4

    private func row(_ row: Int) -> [UInt8] {
        let margin = [UInt8](repeating: 0xFF, count: Self.margin)
        return margin + isDark[row * side..<(row + 1) * side].map { $0 ? 0 : 0xFF } + margin
    }

    /// A part of a PNG: its length, name, content, and the CRC-32 of the last two.
    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + content
        return bytes(of: UInt32(content.count)) + named + bytes(of: UInt32(crc32(0, named, UInt32(named.count))))
    }

    private static func bytes(of number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func compressed(_ bytes: [UInt8]) throws(NotCompressed) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(compressBound(UInt(bytes.count))))
        var length = UInt(result.count)
        let code = compress(&result, &length, bytes, UInt(bytes.count))
        guard code == Z_OK else { throw NotCompressed(code: code) }
        return Array(result[..<Int(length)])
    }
}
