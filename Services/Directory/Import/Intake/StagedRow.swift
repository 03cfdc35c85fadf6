import Foundation
import Records

/// Writes records as rows of `COPY … FROM STDIN` in its text form.
struct StagedRowWriter {
    /// The place of each column's value in a record; absent where the layout does not have it.
    private let fields: [Int?]

    init(_ table: StagingTable, _ layout: RecordLayout) {
        fields = table.columns.map { layout.index(of: $0.field) }
    }

    func append(_ record: Record, to rows: inout [UInt8]) {
        rows.append(contentsOf: String(record.line).utf8)
        for field in fields {
            rows.append(UInt8(ascii: "\t"))
            if let field, let value = record[field], Self.appendComposed(value, to: &rows) { continue }
            rows.append(contentsOf: Self.null)
        }
        rows.append(UInt8(ascii: "\n"))
    }

    private static let null = Array("\\N".utf8)

    /// Appends the value with each letter and its marks as one character (NFC); false when nothing is left of it.
    private static func appendComposed(_ value: UnsafeBufferPointer<UInt8>, to rows: inout [UInt8]) -> Bool {
        // The bytes that begin a combining mark, U+0300 to U+036F; hardly any value has one.
        guard value.contains(where: { $0 == 0xCC || $0 == 0xCD }) else { return appendTidy(value, to: &rows) }
        let composed = Array(String(decoding: value, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
        return composed.withUnsafeBufferPointer { appendTidy($0, to: &rows) }
    }

    /// Appends the value without spaces around it or repeated within it; false when nothing is left of it.
    private static func appendTidy(_ value: UnsafeBufferPointer<UInt8>, to rows: inout [UInt8]) -> Bool {
        var isEmpty = true
        var hasSpace = false
        for byte in value {
            if byte <= 0x20 {
                hasSpace = true
                continue
            }
            if hasSpace, !isEmpty { rows.append(0x20) }
            hasSpace = false
            isEmpty = false
            if byte == UInt8(ascii: "\\") { rows.append(byte) }
            rows.append(byte)
        }
        return !isEmpty
    }
}
