/// A PDF with a plain cross-reference table, as our renderer writes it and our signer extends it.
struct PDFFile {
    private static let mostRevisions = 100

    let bytes: [UInt8]
    /// Where the newest cross-reference table starts.
    let startOfTable: Int
    /// The newest trailer.
    let trailer: PDFDictionary
    private let offsets: [Int: Int]

    /// Reads all cross-reference tables, the newest first.
    init(_ bytes: [UInt8]) throws(PDFError) {
        guard bytes.starts(with: Array("%PDF-".utf8)) else { throw PDFError(.malformed, "not a PDF") }
        self.bytes = bytes
        startOfTable = try Self.startOfTable(bytes)
        var offsets: [Int: Int] = [:]
        var newest: PDFDictionary?
        var next: Int? = startOfTable
        var seen: Set<Int> = []
        while let position = next {
            guard seen.insert(position).inserted, seen.count <= Self.mostRevisions else {
                throw PDFError(.malformed, "the revisions of the file run in a circle")
            }
            let (table, trailer) = try Self.section(bytes, at: position)
            offsets.merge(table) { newer, _ in newer }
            newest = newest ?? trailer
            next = trailer["Prev"]?.integer
        }
        guard let newest else { throw PDFError(.malformed, "the file has no trailer") }
        guard newest["Encrypt"] == nil else { throw PDFError(.unsupported, "the file is encrypted") }
        self.offsets = offsets
        trailer = newest
    }

    /// The number for the next new object.
    var nextNumber: Int { max(trailer["Size"]?.integer ?? 0, (offsets.keys.max() ?? 0) + 1) }

    /// Reads an object; it must stand where the table says, under its own number.
    func object(_ reference: PDFReference) throws(PDFError) -> PDFValue {
        guard let offset = offsets[reference.number] else {
            throw PDFError(.malformed, "there is no object \(reference.number)")
        }
        var scanner = PDFScanner(bytes, at: offset)
        guard try scanner.wholeNumber() == reference.number, try scanner.wholeNumber() == reference.generation,
            scanner.take("obj")
        else {
            throw PDFError(.malformed, "object \(reference.number) is not where the table says")
        }
        return try scanner.value()
    }

    /// The value itself, or the object that it points to.
    func resolved(_ value: PDFValue?) throws(PDFError) -> PDFValue {
        guard let value else { return .null }
        guard let reference = value.reference else { return value }
        return try object(reference)
    }

    func dictionary(_ value: PDFValue?, _ what: String) throws(PDFError) -> PDFDictionary {
        guard let dictionary = try resolved(value).dictionary else {
            throw PDFError(.malformed, "\(what) is missing")
        }
        return dictionary
    }

    var catalog: PDFDictionary { get throws(PDFError) { try dictionary(trailer["Root"], "the catalog") } }

    /// The first page and its number.
    func firstPage() throws(PDFError) -> (PDFReference, PDFDictionary) {
        var node = try dictionary(catalog["Pages"], "the page tree")
        for _ in 0..<16 {
            guard let kids = try resolved(node["Kids"]).array, let first = kids.first?.reference else { break }
            node = try dictionary(.reference(first), "a page")
            if node["Type"]?.name == "Page" { return (first, node) }
        }
        throw PDFError(.malformed, "the file has no page")
    }

    // MARK: The cross-reference table

    private static func startOfTable(_ bytes: [UInt8]) throws(PDFError) -> Int {
        let keyword = Array("startxref".utf8)
        let tail = bytes.suffix(2048)
        guard
            let start = tail.indices.last(where: { index in
                tail[index...].starts(with: keyword)
            })
        else { throw PDFError(.malformed, "the file's end is missing") }
        var scanner = PDFScanner(bytes, at: start + keyword.count)
        return try scanner.wholeNumber()
    }

    private static func section(_ bytes: [UInt8], at position: Int) throws(PDFError) -> ([Int: Int], PDFDictionary) {
        guard bytes.indices.contains(position) else { throw PDFError(.malformed, "a cross-reference is missing") }
        var scanner = PDFScanner(bytes, at: position)
        guard scanner.take("xref") else {
            throw PDFError(.unsupported, "the cross-reference is compressed or damaged")
        }
        var table: [Int: Int] = [:]
        while !scanner.take("trailer") {
            let first = try scanner.wholeNumber()
            let count = try scanner.wholeNumber()
            guard count <= bytes.count / 20 else { throw PDFError(.malformed, "a cross-reference is too long") }
            for number in first..<first + count {
                let offset = try scanner.wholeNumber()
                _ = try scanner.wholeNumber()
                if scanner.take("n") {
                    table[number] = offset
                } else if !scanner.take("f") {
                    throw PDFError(.malformed, "a cross-reference is damaged")
                }
            }
        }
        guard let trailer = try scanner.value().dictionary else {
            throw PDFError(.malformed, "the file has no trailer")
        }
        return (table, trailer)
    }
}
