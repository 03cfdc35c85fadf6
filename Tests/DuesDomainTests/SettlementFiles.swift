import DuesDomain
import Testing

/// Settlement files as tests read them.
enum Files {
    /// Reads a file in pieces of a few bytes, so that every boundary falls somewhere.
    static func read(_ bytes: [UInt8], _ name: String, piece: Int = 7) throws -> [SettlementLine] {
        let layout = try #require(try SettlementLayout.bundled().first { $0.name == name })
        var rest = bytes[...]
        var reader = try SettlementReader(layout) {
            defer { rest = rest.dropFirst(piece) }
            return Array(rest.prefix(piece))
        }
        var lines: [SettlementLine] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }
}
