import Trust

/// What is appended to a PDF: changed and new objects, and the cross-reference to them. Nothing before it is touched.
struct PDFRevision {
    private(set) var bytes: [UInt8]
    private var offsets: [Int: Int] = [:]
    private let file: PDFFile
    private var next: Int

    init(of file: PDFFile) {
        self.file = file
        bytes = file.bytes
        next = file.nextNumber
        if bytes.last != 0x0a { bytes.append(0x0a) }
    }

    /// Takes a number for a new object.
    mutating func newReference() -> PDFReference {
        defer { next += 1 }
        return PDFReference(number: next)
    }

    /// Writes an object; the result is where its value starts.
    @discardableResult
    mutating func write(_ reference: PDFReference, _ text: String) -> Int {
        offsets[reference.number] = bytes.count
        bytes.append(contentsOf: "\(reference.number) \(reference.generation) obj\n".utf8)
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        bytes.append(contentsOf: "\nendobj\n".utf8)
        return start
    }

    /// Writes the cross-reference and the trailer.
    mutating func finish() {
        let start = bytes.count
        var text = "xref\n"
        for stretch in stretches {
            text += "\(stretch[0]) \(stretch.count)\n"
            for number in stretch { text += "\(padded(offsets[number] ?? 0)) 00000 n \n" }
        }
        var trailer = file.trailer
        trailer["Size"] = .integer(next)
        trailer["Prev"] = .integer(file.startOfTable)
        // The first half names the document, the second this revision (14.4).
        let revision = PDFValue.string(Array(Digest.sha256(bytes).prefix(16)))
        let document = trailer["ID"]?.array?.first ?? .string(Array(Digest.sha256(file.bytes).prefix(16)))
        trailer["ID"] = .array([document, revision])
        text += "trailer\n\(trailer.text)\nstartxref\n\(start)\n%%EOF\n"
        bytes.append(contentsOf: text.utf8)
    }

    /// The changed numbers, neighbours together.
    private var stretches: [[Int]] {
        offsets.keys.sorted().reduce(into: []) { stretches, number in
            if let last = stretches.last?.last, last + 1 == number {
                stretches[stretches.count - 1].append(number)
            } else {
                stretches.append([number])
            }
        }
    }

    private func padded(_ offset: Int) -> String {
        let digits = String(offset)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }
}
