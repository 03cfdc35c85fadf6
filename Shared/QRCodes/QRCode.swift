import CQREncode

/// A QR code as squares that are dark or light.
public struct QRCode: Sendable {
    /// How many squares one side has.
    public let side: Int
    /// Row by row, true where it is dark.
    public let isDark: [Bool]

    /// Encodes text; nil when it is too long for any QR code. Survives 15% of damage (level M).
    public init?(_ text: String) {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        let side = Int(code.pointee.width)
        guard let squares = code.pointee.data else { return nil }
        self.side = side
        // The lowest bit says dark; the others say which part of the code the square belongs to.
        isDark = (0..<side * side).map { squares[$0] & 1 == 1 }
    }

    /// Dark stretches of each row, so that neighbours are drawn as one.
    public var stretches: [(row: Int, start: Int, length: Int)] {
        var stretches: [(row: Int, start: Int, length: Int)] = []
        for row in 0..<side {
            var column = 0
            while column < side {
                let start = column
                while column < side, isDark[row * side + column] { column += 1 }
                if column > start { stretches.append((row, start, column - start)) }
                column += 1
            }
        }
        return stretches
    }
}
