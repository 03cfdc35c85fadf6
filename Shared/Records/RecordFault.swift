/// What is wrong with a file of records, and where.
public struct RecordFault: Error, Hashable, Sendable {
    /// The line, from 1; of a record over several lines the first.
    public let line: Int
    /// The column of a delimited file, from 1; absent when the fault is of the whole line.
    public let column: Int?
    /// The field of the layout, where the fault is of one.
    public let field: String?
    /// The stable name of the rule.
    public let rule: Rule

    public enum Rule: String, Hashable, Sendable, CaseIterable {
        /// There is not even a heading.
        case empty
        /// Bytes that are no UTF-8.
        case encoding
        /// A field of the layout has no column, or two.
        case heading
        /// The line has more or fewer columns than the heading.
        case columnCount = "column-count"
        /// A quote that does not end, or text after one that did.
        case quoting
        /// The file ends in the middle of a line: it was cut off.
        case cutOff = "cut-off"
        /// A line longer than any record may be.
        case tooLong = "too-long"
        /// A line that is no JSON object.
        case json
        /// A value that is neither text, number, truth value nor null.
        case valueType = "value-type"
    }

    public init(line: Int, column: Int? = nil, field: String? = nil, rule: Rule) {
        self.line = line
        self.column = column
        self.field = field
        self.rule = rule
    }
}
