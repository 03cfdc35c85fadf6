import Records
import Testing

/// What a reader told of a file.
struct Reading: Equatable {
    var records: [[String?]] = []
    var faults: [RecordFault] = []
    var counts = RecordCounts()

    static func of(
        _ file: [UInt8], _ layout: RecordLayout, _ form: RecordReader.Form = .delimited, pieces: Int = .max,
        longestRecord: Int = RecordReader.longestRecord
    ) throws -> Reading {
        var reading = Reading()
        var reader = RecordReader(layout, form, longestRecord: longestRecord)
        func note(_ finding: RecordFinding) {
            switch finding {
            case .record(let record): reading.records.append(layout.fields.indices.map(record.string))
            case .faulty(let record, let faults):
                reading.records.append(layout.fields.indices.map(record.string))
                reading.faults += faults
            case .unreadable(let fault): reading.faults.append(fault)
            }
        }
        var rest = file[...]
        while !rest.isEmpty {
            try reader.take(Array(rest.prefix(pieces)), note)
            rest = rest.dropFirst(pieces)
        }
        try reader.finish(note)
        reading.counts = reader.counts
        return reading
    }

    static func of(
        _ file: String, _ layout: RecordLayout, _ form: RecordReader.Form = .delimited, pieces: Int = .max,
        longestRecord: Int = RecordReader.longestRecord
    ) throws -> Reading {
        try of(Array(file.utf8), layout, form, pieces: pieces, longestRecord: longestRecord)
    }
}

/// The fault that makes a file untrustworthy as a whole.
func refusal(
    _ file: String, _ layout: RecordLayout, _ form: RecordReader.Form = .delimited, pieces: Int = .max
) throws -> RecordFault {
    try #require(throws: RecordFault.self) { try Reading.of(file, layout, form, pieces: pieces) }
}

extension RecordLayout {
    init(text: String) throws { self = try RecordLayout(json: Array(text.utf8)) }

    /// Three texts.
    static func texts(delimiter: String = ",") throws -> RecordLayout {
        try RecordLayout(
            text: #"{"name":"texts","delimiter":"\#(delimiter)","fields":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#)
    }

    /// One field of each format.
    static func formats() throws -> RecordLayout {
        try RecordLayout(
            text: """
                {"name": "formats", "fields": [
                    {"name": "id", "required": true, "format": "digits", "count": 4},
                    {"name": "name", "column": "Họ tên", "format": "text", "longest": 12},
                    {"name": "born", "format": "day"},
                    {"name": "joined", "format": "day", "days": "dd/mm/yyyy", "mayLack": true},
                    {"name": "sex", "format": "choice", "values": {"Nam": "male", "Nữ": "female", "male": "male"}},
                    {"name": "meetingDay", "format": "whole-number", "from": 1, "to": 31}]}
                """)
    }
}
