public import Contracts
import Foundation

/// The formats of files that are taken in, each told by its first bytes and never by its name.
public enum FileFormat: String, Hashable, Sendable, CaseIterable {
    case pdf = "application/pdf"
    case jpeg = "image/jpeg"
    case png = "image/png"

    /// The media type.
    public var mediaType: String { rawValue }

    /// The format that the first bytes tell, or nil for any other.
    public init?(firstBytes bytes: some Collection<UInt8>) {
        guard let format = Self.allCases.first(where: { bytes.starts(with: $0.signature) }) else { return nil }
        self = format
    }

    private var signature: [UInt8] {
        switch self {
        case .pdf: Array("%PDF-".utf8)
        case .jpeg: [0xFF, 0xD8, 0xFF]
        case .png: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        }
    }
}

/// Why a file is not taken in.
public enum AttachmentFault: Error, Hashable, Sendable {
    case empty
    /// Larger than so many bytes.
    case tooLarge(limit: Int)
    /// The stated media type is missing or none that is taken.
    case formatNotAccepted
    /// The bytes are not of the stated media type.
    case contentDiffers(stated: FileFormat)
    /// The name is missing or not usable.
    case name(InvalidValue)
}

/// What a file that is uploaded must be.
public struct AttachmentRules: Hashable, Sendable {
    /// The most bytes.
    public let limit: Int

    public init(limit: Int) { self.limit = limit }

    /// The format that the caller states.
    ///
    /// - Parameter contentType: the value of the header; parameters behind a semicolon do not count.
    public func stated(_ contentType: String?) throws(AttachmentFault) -> FileFormat {
        let media = (contentType ?? "").prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        guard let format = FileFormat(rawValue: media) else { throw .formatNotAccepted }
        return format
    }

    /// Throws unless the contents are of the stated format and not too large.
    public func check(_ contents: some Collection<UInt8>, stated: FileFormat) throws(AttachmentFault) {
        guard contents.count <= limit else { throw .tooLarge(limit: limit) }
        guard !contents.isEmpty else { throw .empty }
        guard FileFormat(firstBytes: contents) == stated else { throw .contentDiffers(stated: stated) }
    }

    /// The name of the file, from its percent-encoded form.
    public func name(percentEncoded header: String?) throws(AttachmentFault) -> String {
        guard let header, !header.isEmpty else {
            throw .name(Self.nameFault("file-name.missing", "Thiếu tên tệp.", "The name of the file is missing."))
        }
        guard let decoded = header.removingPercentEncoding else {
            throw .name(
                Self.nameFault(
                    "file-name.encoding", "Tên tệp phải được mã hoá phần trăm (UTF-8).",
                    "The name of the file must be percent-encoded UTF-8."))
        }
        let name = PlainText.normalized(decoded)
        guard (1...255).contains(name.count), PlainText.isPrintable(name, allowsLines: false),
            !name.contains(where: { "/\\".contains($0) }), name != ".", name != ".."
        else {
            throw .name(
                Self.nameFault(
                    "file-name.form", "Tên tệp phải có 1 đến 255 ký tự in được, không có / và \\.",
                    "The name of a file has 1 to 255 printable characters without / and \\."))
        }
        return name
    }

    private static func nameFault(_ rule: String, _ vietnamese: String, _ english: String) -> InvalidValue {
        InvalidValue(field: "X-File-Name", rule: rule, vietnamese: vietnamese, english: english)
    }
}
