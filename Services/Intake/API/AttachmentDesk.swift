import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import IntakeDomain
import NIOCore
import Postgres
import Projections
import ServiceKit
import Trust

/// `POST /v1/attachments`: a file comes as the body of the request, before the dossier that uses it.
struct AttachmentDesk: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let rules: AttachmentRules

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/attachments") { request, context in
            let member = try context.requireMember()
            do {
                let format = try rules.stated(request.headers[.contentType])
                let name = try rules.name(percentEncoded: request.headers[.fileName])
                // Said before the body is read: nobody should send 100 MiB to hear that it is too much.
                if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > rules.limit {
                    throw AttachmentFault.tooLarge(limit: rules.limit)
                }
                return try await kit.idempotent(request, context, upTo: rules.limit) { body, transaction in
                    guard try await directory.member(member.id, in: transaction)?.mayEnter ?? true else {
                        throw Problem.accountClosed
                    }
                    let contents = Array(body.readableBytesView)
                    try rules.check(contents, stated: format)
                    return try await keep(contents, format, name, of: member.id, in: transaction)
                }
            } catch let fault as AttachmentFault {
                throw Problem(fault)
            } catch is NIOTooManyBytesError {
                throw Problem(AttachmentFault.tooLarge(limit: rules.limit))
            }
        }
    }

    private func keep(
        _ contents: [UInt8], _ format: FileFormat, _ name: String, of owner: MemberID,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let file = DossierSubmitted.Attachment(
            id: kit.ids.next(at: now), name: name, mediaType: format.mediaType, size: Int64(contents.count),
            sha256: try ContentDigest(Digest.sha256(contents).hex))
        try await AttachmentStore.insert(file, contents: contents, of: owner, at: now, in: transaction)
        try await kit.audit.record(
            "attachment.uploaded", subject: "\(file.id)", actor: "\(owner)",
            details: ["sha256": file.sha256.text, "size": "\(file.size)"], in: transaction)
        return try .json(.created, AttachmentView(file))
    }
}

/// A file as its uploader sees it.
struct AttachmentView: Encodable {
    let attachmentId: AttachmentID
    let name: String
    let mediaType: String
    let size: Int64
    let sha256: ContentDigest

    init(_ file: DossierSubmitted.Attachment) {
        attachmentId = file.id
        name = file.name
        mediaType = file.mediaType
        size = file.size
        sha256 = file.sha256
    }
}

extension Problem {
    /// What the uploader is told.
    init(_ fault: AttachmentFault) {
        switch fault {
        case .empty:
            self.init(
                .unprocessableContent, id: "attachment-empty", vietnamese: "Tệp không có nội dung",
                english: "The file is empty")
        case .tooLarge(let limit):
            let problem = Problem(
                .contentTooLarge, id: "attachment-too-large", vietnamese: "Tệp đính kèm quá lớn",
                english: "The attachment is too large")
            let size = ByteSize(limit)
            self = problem.with(
                vietnamese: "Tệp đính kèm không được lớn hơn \(size) (\(limit) byte).",
                english: "An attachment must not be larger than \(size) (\(limit) bytes).")
        case .formatNotAccepted:
            let accepted = FileFormat.allCases.map(\.mediaType).joined(separator: ", ")
            let problem = Problem(
                .unsupportedMediaType, id: "attachment-format-not-accepted",
                vietnamese: "Định dạng tệp không được chấp nhận", english: "The format of the file is not accepted")
            self = problem.with(vietnamese: "Chỉ nhận: \(accepted).", english: "Accepted: \(accepted).")
        case .contentDiffers(let stated):
            let problem = Problem(
                .unprocessableContent, id: "attachment-content-differs",
                vietnamese: "Nội dung tệp không đúng định dạng đã khai báo",
                english: "The contents of the file are not of the stated format")
            self = problem.with(
                vietnamese: "Nội dung không phải là \(stated.mediaType).",
                english: "The contents are not \(stated.mediaType).")
        case .name(let invalid): self = Problem.invalidParameter.with(errors: [FieldError(invalid)])
        }
    }
}

/// A number of bytes in words.
struct ByteSize: CustomStringConvertible {
    let bytes: Int

    init(_ bytes: Int) { self.bytes = bytes }

    var description: String {
        if bytes >= 1_048_576, bytes % 1_048_576 == 0 { return "\(bytes / 1_048_576) MiB" }
        if bytes >= 1_024, bytes % 1_024 == 0 { return "\(bytes / 1_024) KiB" }
        return "\(bytes) B"
    }
}

extension HTTPField.Name {
    /// The name of an uploaded file, percent-encoded.
    static let fileName = HTTPField.Name("X-File-Name") ?? .contentDisposition
}
