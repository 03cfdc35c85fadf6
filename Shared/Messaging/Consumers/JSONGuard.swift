import Contracts

/// Looks over JSON before it is decoded: what decoders quietly accept, or exhaust the stack on, is refused here.
enum JSONGuard {
    static let maximumDepth = 64
    static let maximumBytes = 1_000_000

    /// - Throws: ``MessageFault`` for data that is too large, no UTF-8, holds a NUL, nests too deeply or names a member
    ///   twice.
    static func check(_ bytes: [UInt8]) throws(MessageFault) {
        guard bytes.count <= maximumBytes else { throw MessageFault(code: "data.too-large", reason: "over 1 MB") }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw MessageFault(code: "data.not-utf8", reason: "not UTF-8")
        }
        var scanner = Scanner(bytes: bytes)
        try scanner.run()
    }

    private struct Scanner {
        let bytes: [UInt8]
        /// For each open container: the member names met so far; `nil` for an array.
        var open: [Set<[UInt8]>?] = []

        mutating func run() throws(MessageFault) {
            var index = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "{"): try enter(Set())
                case UInt8(ascii: "["): try enter(nil)
                case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
                case UInt8(ascii: "\""): index = try string(from: index)
                case 0: throw MessageFault(code: "data.nul", reason: "holds a NUL")
                default: break
                }
                index += 1
            }
        }

        private mutating func enter(_ container: Set<[UInt8]>?) throws(MessageFault) {
            open.append(container)
            guard open.count <= maximumDepth else {
                throw MessageFault(code: "data.too-deep", reason: "nests deeper than \(maximumDepth)")
            }
        }

        /// Passes a string; answers the index of its closing quote. A string before a colon is a member's name.
        private mutating func string(from start: Int) throws(MessageFault) -> Int {
            var index = start + 1
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                if bytes[index] == UInt8(ascii: "\\") {
                    if isEscapedNUL(at: index) { throw MessageFault(code: "data.nul", reason: "holds a NUL") }
                    index += 1
                }
                index += 1
            }
            guard index < bytes.count else { throw MessageFault(code: "data.malformed", reason: "not JSON") }
            var next = index + 1
            while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
            if next < bytes.count, bytes[next] == UInt8(ascii: ":"), let last = open.indices.last {
                let name = try name(bytes[(start + 1)..<index])
                if open[last]?.insert(name).inserted == false {
                    throw MessageFault(code: "data.duplicate-member", reason: "names a member twice")
                }
            }
            return index
        }

        /// The name that a member's text stands for: decoders read escapes before they compare.
        private func name(_ text: ArraySlice<UInt8>) throws(MessageFault) -> [UInt8] {
            guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
            let quote = [UInt8(ascii: "\"")]
            guard let name = try? ContractsJSON.decode(String.self, from: quote + text + quote) else {
                throw MessageFault(code: "data.malformed", reason: "not JSON")
            }
            return Array(name.utf8)
        }

        private func isEscapedNUL(at index: Int) -> Bool {
            index + 5 < bytes.count && bytes[index + 1] == UInt8(ascii: "u")
                && bytes[(index + 2)...(index + 5)].allSatisfy { $0 == UInt8(ascii: "0") }
        }
    }
}
