/// Text of COPY's text format as text of an XML element.
enum XMLText {
    static func append(_ field: ArraySlice<UInt8>, to xml: inout [UInt8]) {
        var position = field.startIndex
        while position < field.endIndex {
            var byte = field[position]
            position += 1
            if byte == 0x5C, position < field.endIndex {
                byte = unescaped(field[position])
                position += 1
            }
            switch byte {
            case UInt8(ascii: "&"): xml += amp
            case UInt8(ascii: "<"): xml += lt
            case UInt8(ascii: ">"): xml += gt
            // A reader would make a line feed of it.
            case 0x0D: xml += carriageReturn
            // Nor has it U+FFFE and U+FFFF.
            case 0xEF
            where field[position...].starts(with: [0xBF, 0xBE]) || field[position...].starts(with: [0xBF, 0xBF]):
                xml += replacement
                position += 2
            case 0x09, 0x0A, 0x20...: xml.append(byte)
            // XML has no other control characters.
            default: xml += replacement
            }
        }
    }

    private static let amp = Array("&amp;".utf8)
    private static let lt = Array("&lt;".utf8)
    private static let gt = Array("&gt;".utf8)
    private static let carriageReturn = Array("&#13;".utf8)
    private static let replacement = Array("\u{FFFD}".utf8)

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "v"): 0x0B
        default: byte
        }
    }
}
