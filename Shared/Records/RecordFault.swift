public import Contracts

/// What is wrong with a file of records, and where. It never holds what stands in the file.
public struct RecordFault: Error, Hashable, Sendable {
    /// The line, from 1; of a record over several lines the first.
    public let line: Int
    /// The column of a delimited file, from 1; absent when the fault is of the whole line.
    public let column: Int?
    /// The field of the layout, where the fault is of one.
    public let field: String?
    /// The stable name of the rule.
    public let rule: Rule

    public init(line: Int, column: Int? = nil, field: String? = nil, rule: Rule) {
        self.line = line
        self.column = column
        self.field = field
        self.rule = rule
    }

    /// The rules of a file. The first five concern the file as a whole: nothing in it can be trusted when one is broken.
    public enum Rule: String, Hashable, Sendable, CaseIterable {
        /// There is not even a heading.
        case empty
        /// A field of the layout has no column, or two.
        case heading
        /// The file ends in the middle of a line: it was cut off.
        case cutOff = "cut-off"
        /// The line with the totals is missing, or records come after it.
        case trailer
        /// The line with the totals tells others than the records give.
        case totals
        /// Bytes that are no UTF-8.
        case encoding
        /// The line has more or fewer columns than the heading.
        case columnCount = "column-count"
        /// A quote that does not end, text after one that did, or one inside a value that is not quoted.
        case quoting
        /// A record longer than any may be.
        case tooLong = "too-long"
        /// A line that is no JSON object, or names a field twice.
        case json
        /// A value that is neither text, number, truth value nor null.
        case valueType = "value-type"
        /// A field without a value that every record has.
        case required
        /// A character that no text has, such as NUL.
        case controlCharacter = "control-character"
        /// A text longer than the field allows.
        case textLength = "text-length"
        /// Not so many digits.
        case digits
        /// Not a day of the calendar in the form of the layout.
        case day
        /// Not a month of the calendar, written year-month.
        case month
        /// None of the values that the field may have.
        case choice
        /// Not a whole number within the bounds of the field.
        case wholeNumber = "whole-number"
    }
}

extension RecordFault.Rule {
    /// What a person reads.
    public var text: LocalizedText {
        switch self {
        case .empty: say("Tệp trống.", "The file is empty.")
        case .heading: say("Dòng tiêu đề thiếu hoặc lặp cột.", "The heading lacks a column or has it twice.")
        case .cutOff: say("Tệp bị cắt giữa dòng.", "The file ends in the middle of a line.")
        case .trailer: say("Dòng tổng cộng thiếu hoặc sai chỗ.", "The line of totals is missing or in the wrong place.")
        case .totals: say("Dòng tổng cộng không khớp với các dòng.", "The totals do not fit the records.")
        case .encoding: say("Có ký tự không theo mã UTF-8.", "Bytes that are no UTF-8.")
        case .columnCount: say("Số cột khác dòng tiêu đề.", "The line has more or fewer columns than the heading.")
        case .quoting: say("Dấu ngoặc kép không đúng chuẩn RFC 4180.", "Quotes that do not follow RFC 4180.")
        case .tooLong: say("Dòng quá dài.", "The record is too long.")
        case .json: say("Dòng không phải một đối tượng JSON đúng.", "The line is no proper JSON object.")
        case .valueType: say("Kiểu giá trị không dùng được.", "A value of a type that is not used.")
        case .required: say("Thiếu giá trị bắt buộc.", "A value is missing.")
        case .controlCharacter: say("Có ký tự điều khiển.", "A control character.")
        case .textLength: say("Giá trị quá dài.", "The value is too long.")
        case .digits: say("Không đủ số chữ số quy định.", "Not the right number of digits.")
        case .day: say("Ngày không hợp lệ.", "Not a day of the calendar.")
        case .month: say("Tháng không hợp lệ.", "Not a month of the calendar, written as 2026-11.")
        case .choice: say("Giá trị không có trong danh mục.", "Not one of the values of the list.")
        case .wholeNumber: say("Không phải số nguyên trong phạm vi cho phép.", "Not a whole number within the bounds.")
        }
    }

    private func say(_ vietnamese: String, _ english: String) -> LocalizedText {
        LocalizedText(vietnamese: vietnamese, english: english)
    }
}
