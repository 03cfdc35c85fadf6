import Contracts
public import Foundation

/// Writes the files that Directory imports, `organizations`, `members` and `officers`: CSV (RFC 4180) or JSON lines, in
/// UTF-8.
public struct RecordWriter: MadeUpCountry.Listener {
    public enum Format: String, Sendable, CaseIterable {
        case csv, jsonl
    }

    private var organizations: RecordFile
    private var members: RecordFile
    private var officers: RecordFile

    /// Makes the files in the directory, in place of what is there.
    public init(_ format: Format, in directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        organizations = try RecordFile(
            format, directory, "organizations",
            ["code", "type", "name", "parentCode", "residential", "duesRegion", "meetingDay"])
        members = try RecordFile(
            format, directory, "members",
            [
                "sourceId", "personalId", "fullName", "sex", "birthDate", "cardNumber", "recordNumber", "joinedOn",
                "recognisedOn", "cellCode", "residenceCellCode", "state", "duesCategory",
            ])
        officers = try RecordFile(format, directory, "officers", ["sourceId", "organizationCode", "role"])
    }

    public mutating func organization(_ organization: MadeUpOrganization) throws {
        try organizations.write([
            organization.code, organization.type.rawValue, organization.name, organization.parentCode,
            organization.residential ? "true" : "false", organization.duesRegion.rawValue,
            organization.meetingDay.map(String.init),
        ])
    }

    public mutating func member(_ member: MadeUpMember) throws {
        try members.write([
            member.sourceId, member.personalId, member.fullName, member.sex.rawValue, member.birthDate.text,
            member.cardNumber, member.recordNumber, member.joinedOn.text, member.recognisedOn?.text, member.cellCode,
            member.residenceCellCode, member.state.rawValue, member.duesCategory.rawValue,
        ])
    }

    public mutating func officer(_ officer: MadeUpOfficer) throws {
        try officers.write([officer.sourceId, officer.organizationCode, officer.role.rawValue])
    }

    /// Writes what is left and closes the files; how many records there are in each.
    public mutating func close() throws -> (organizations: Int, members: Int, officers: Int) {
        for file in [organizations, members, officers] { try file.close() }
        return (organizations.count, members.count, officers.count)
    }
}

/// One file of records, written in large pieces.
private struct RecordFile {
    private let handle: FileHandle
    private let format: RecordWriter.Format
    private let fields: [String]
    private var text: [UInt8] = []
    private(set) var count = 0

    private static let piece = 1 << 20

    init(_ format: RecordWriter.Format, _ directory: URL, _ name: String, _ fields: [String]) throws {
        let file = directory.appending(path: "\(name).\(format.rawValue)")
        try Data().write(to: file)
        handle = try FileHandle(forWritingTo: file)
        self.format = format
        self.fields = fields
        if format == .csv { appendLine(fields.map(Optional.some)) }
    }

    /// One value for each field; nothing where there is none.
    mutating func write(_ values: [String?]) throws {
        count += 1
        switch format {
        case .csv: appendLine(values)
        case .jsonl: appendObject(values)
        }
        if text.count >= Self.piece {
            try handle.write(contentsOf: text)
            text.removeAll(keepingCapacity: true)
        }
    }

    func close() throws {
        try handle.write(contentsOf: text)
        try handle.close()
    }

    private mutating func appendLine(_ values: [String?]) {
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            guard let value else { continue }
            let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D]
            guard value.utf8.contains(where: special.contains) else {
                text.append(contentsOf: value.utf8)
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in value.utf8 {
                if byte == UInt8(ascii: "\"") { text.append(byte) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(contentsOf: [0x0D, 0x0A])
    }

    /// What is made up has no character that JSON would escape.
    private mutating func appendObject(_ values: [String?]) {
        text.append(UInt8(ascii: "{"))
        var isFirst = true
        for (field, value) in zip(fields, values) {
            guard let value else { continue }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            text.append(contentsOf: "\"\(field)\":\"\(value)\"".utf8)
        }
        text.append(contentsOf: "}\n".utf8)
    }
}
