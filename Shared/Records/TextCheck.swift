/// What every value of a file has to be: UTF-8 without control characters.
enum TextCheck {
    /// The broken rule, if one is. Line breaks and tabs may stand in a quoted text.
    static func fault(of text: UnsafeBufferPointer<UInt8>) -> RecordFault.Rule? {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                if byte < 0x20 ? byte != 0x09 && byte != 0x0A && byte != 0x0D : byte == 0x7F {
                    return .controlCharacter
                }
                index += 1
            } else {
                let length = sequenceLength(text, at: index)
                guard length > 0 else { return .encoding }
                index += length
            }
        }
        return nil
    }

    /// How many bytes the character has that begins here; 0 where none does (table 3-7 of the Unicode standard).
    private static func sequenceLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let first = text[index]
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return 0 }
        for further in index + 2..<index + max(2, length) where !(0x80...0xBF).contains(text[further]) { return 0 }
        return length
    }
}
