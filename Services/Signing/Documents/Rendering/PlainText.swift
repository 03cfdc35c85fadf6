import Foundation

/// Text as it may appear on a document: composed (NFC), without anything that acts instead of being read.
///
/// Control characters and the ones that turn the writing direction around are dropped, because with them a document
/// could show something else than what was signed. Line breaks and tabs become blanks, unless lines are kept.
func plainText(_ text: String, keepingLines: Bool = false) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.precomposedStringWithCanonicalMapping.unicodeScalars {
        switch scalar.value {
        case 0x0A where keepingLines: scalars.append(scalar)
        case 0x09, 0x0A, 0x0D, 0x2028, 0x2029: scalars.append(" ")
        case 0x00..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF, 0xFEFF: continue
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: continue
        default: scalars.append(scalar)
        }
    }
    return String(scalars)
}
