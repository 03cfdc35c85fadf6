/// Where a record is put together and checked by the layout; its buffers are used again for each.
struct RecordSheet {
    let layout: RecordLayout
    var counts = RecordCounts()
    /// The sums of the fields that the trailer tells.
    private(set) var sums: [String: Int64] = [:]
    private var values: [Record.Value] = []
    private var own: [UInt8] = []
    private var faults: [RecordFault] = []

    init(_ layout: RecordLayout) {
        self.layout = layout
        for field in layout.trailer?.sums?.keys ?? [:].keys { sums[field] = 0 }
    }

    mutating func begin() {
        values.removeAll(keepingCapacity: true)
        for _ in layout.fields { values.append(.absent) }
        own.removeAll(keepingCapacity: true)
        faults.removeAll(keepingCapacity: true)
    }

    /// Puts a value of the file's text into a field; blanks alone are none.
    mutating func put(_ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>, in field: Int, line: Int, column: Int?)
    {
        guard text[range].contains(where: { $0 > 0x20 }) else { return }
        values[field] = .text(start: range.lowerBound, end: range.upperBound)
        check(UnsafeBufferPointer(rebasing: text[range]), field, line: line, column: column)
    }

    /// Puts a value that does not stand like this in the file's text into a field.
    mutating func put(_ bytes: [UInt8], in field: Int, line: Int, column: Int?) {
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        keep(bytes, field)
        bytes.withUnsafeBufferPointer { check($0, field, line: line, column: column) }
    }

    private mutating func keep(_ bytes: [UInt8], _ field: Int) {
        values[field] = .own(start: own.count, end: own.count + bytes.count)
        own.append(contentsOf: bytes)
    }

    private mutating func check(_ value: UnsafeBufferPointer<UInt8>, _ index: Int, line: Int, column: Int?) {
        let field = layout.fields[index]
        var changed: [UInt8]?
        if let rule = TextCheck.fault(of: value) ?? field.format.fault(of: value, changed: &changed) {
            values[index] = .absent
            faults.append(RecordFault(line: line, column: column, field: field.name, rule: rule))
        } else if let changed {
            keep(changed, index)
        }
    }

    /// Tells the record as it stands now.
    mutating func tell(
        _ text: UnsafeBufferPointer<UInt8>, line: Int, _ body: (RecordFinding) throws -> Void
    ) throws {
        checkRequired(line: line)
        add(text)
        counts.records += 1
        if !faults.isEmpty { counts.faulty += 1 }
        try own.withUnsafeBufferPointer { own in
            let record = Record(line: line, text: text, own: own, values: values)
            try body(faults.isEmpty ? .record(record) : .faulty(record, faults))
        }
    }

    private mutating func checkRequired(line: Int) {
        for (index, field) in layout.fields.enumerated() where field.isRequired {
            guard case .absent = values[index], !faults.contains(where: { $0.field == field.name }) else { continue }
            faults.append(RecordFault(line: line, field: field.name, rule: .required))
        }
    }

    private mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        guard !sums.isEmpty else { return }
        own.withUnsafeBufferPointer { own in
            let record = Record(line: 0, text: text, own: own, values: values)
            for field in sums.keys {
                guard let index = layout.index(of: field), let number = record[index].flatMap(FieldFormat.number) else {
                    continue
                }
                sums[field, default: 0] &+= number
            }
        }
    }
}
