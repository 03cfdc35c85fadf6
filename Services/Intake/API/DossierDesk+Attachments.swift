import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `GET /v1/attachments/{id}`: a file as it was uploaded, for its owner and for whoever may see the dossier it is in.
extension DossierDesk {
    func addAttachments(to router: Router<HosoRequestContext>) {
        router.get("/v1/attachments/:id") { _, context in
            let member = try context.requireMember()
            guard let id = context.parameters.get("id").flatMap(AttachmentID.init) else { throw Problem.notFound }
            return try await kit.pool.transaction { transaction in
                guard let file = try await AttachmentStore.read(id, in: transaction) else { throw Problem.notFound }
                if member.id != file.owner {
                    // A file that nobody submitted exists for its owner only.
                    guard let dossier = file.dossier else { throw Problem.notFound }
                    _ = try await entitled(
                        member.id, to: dossier, leaving: "attachment.read", of: "\(id)", in: transaction)
                }
                return Reply(
                    .ok, headers: Self.headers(of: file),
                    body: try await AttachmentStore.contents(of: id, in: transaction))
            }
        }
    }

    /// Always a download: what others uploaded is never shown as a page of ours.
    private static func headers(of file: AttachmentRow) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = file.mediaType
        headers[.contentDisposition] = DownloadName(file.name).disposition
        headers[.eTag] = "\"\(file.sha256)\""
        headers[.cacheControl] = "private, no-store"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        return headers
    }
}

/// The name under which a browser keeps a file (RFC 6266).
struct DownloadName {
    let name: String

    init(_ name: String) { self.name = name }

    /// The header's value: a plain name for old clients, the true one beside it.
    var disposition: String {
        let plain = name.unicodeScalars.map { Self.isPlain($0) ? Character($0) : "_" }
        return "attachment; filename=\"\(String(plain))\"; filename*=UTF-8''\(encoded)"
    }

    private var encoded: String {
        name.unicodeScalars.map { scalar in
            Self.isPlain(scalar)
                ? String(scalar)
                : String(scalar).utf8.map { byte in
                    let digits = String(byte, radix: 16, uppercase: true)
                    return digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
                }.joined()
        }.joined()
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
        default: false
        }
    }
}
