/// Why a settlement file is refused as a whole; nothing of it is applied.
public struct SettlementFault: Error, Hashable, Sendable {
    /// The line of the first fault, from 1.
    public let line: Int
    /// Its place in the line, from 1: the column of a file with columns, the character of an XML file; absent when the
    /// fault is of the whole line.
    public let column: Int?
    public let rule: Rule

    public enum Rule: String, Hashable, Sendable, CaseIterable {
        case empty
        case encoding
        /// A column of the layout does not stand in the heading, or stands there twice.
        case heading
        /// The line has more or fewer columns than the heading.
        case columnCount = "column-count"
        /// A quote that does not end, or text after one that did.
        case quoting
        /// The reference is empty, longer than 64 bytes or has characters that cannot be seen.
        case reference
        /// The number of the transaction is empty, longer than 64 bytes or has other characters than ASCII letters,
        /// digits and `-._/:`.
        case transaction
        case amount
        case date
        /// The line is of another day than the file says.
        case dateDiffers = "date-differs"
        /// An amount in another currency than the đồng.
        case currency
        /// Fee and net do not make up the gross.
        case netDiffers = "net-differs"
        case trailerMissing = "trailer-missing"
        case trailerCount = "trailer-count"
        case trailerSum = "trailer-sum"
        case afterTrailer = "after-trailer"
        /// A line, a text or a name longer than any that means something.
        case tooLong = "too-long"
        /// Not the XML of one document.
        case xml
        /// A document type, or an entity that XML does not have by itself.
        case entity
    }

    public init(line: Int, column: Int? = nil, rule: Rule) {
        self.line = line
        self.column = column
        self.rule = rule
    }
}
