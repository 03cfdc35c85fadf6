import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import ServiceKit
import SigningDomain

/// `GET /v1/verify/{verificationId}`: anybody asks whether a result or receipt exists, is intact and in force; programs get JSON,
/// browsers a page. No sign-in.
extension ResultDesk {
    func addVerification(to router: Router<HosoRequestContext>) {
        router.get("/v1/verify/:id") { request, context in
            let wantsPage = Self.prefersPage(request.headers[.accept])
            do {
                let verification = try await verification(of: context.parameters.get("id") ?? "")
                guard wantsPage else { return try Reply.json(.ok, verification, headers: Self.headers) }
                return Self.page(.ok, VerificationPage(verification))
            } catch let problem as Problem where wantsPage {
                return Self.page(problem.status, VerificationPage(problem))
            }
        }
    }

    private func verification(of text: String) async throws -> Verification {
        let id: VerificationID
        do throws(InvalidValue) {
            id = try VerificationID(checking: text, field: "verificationId")
        } catch {
            throw Problem.invalidParameter.with(errors: [FieldError(error)]).with(
                vietnamese: error.vietnamese, english: error.english)
        }
        guard let sealed = try await ResultStore.sealed(id, in: kit.pool) else {
            if let receipt = try await ReceiptStore.sealed(id, in: kit.pool) { return verification(of: receipt) }
            throw Problem(
                .notFound, id: "result-unknown", vietnamese: "Không có kết quả nào mang mã tra cứu này",
                english: "No result has this verification code")
        }
        guard sealed.hasItsHash else { return Verification(id, seal: .broken, force: sealed.force) }
        return Verification(
            id, seal: trust.finding(in: sealed.document, of: id, signedAt: sealed.signedAt), force: sealed.force)
    }

    private func verification(of receipt: SealedReceipt) -> Verification {
        let id = receipt.verificationId
        let seal =
            receipt.hasItsHash
            ? trust.finding(in: receipt.document, of: id, signedAt: receipt.signedAt) : SealFinding.broken
        return Verification(id, seal: seal, receipt: receipt.force)
    }

    /// Browsers name HTML; programs seldom do.
    static func prefersPage(_ accept: String?) -> Bool {
        guard let accept = accept?.lowercased() else { return false }
        guard let page = accept.range(of: "text/html") else { return false }
        guard let json = accept.range(of: "application/json") else { return true }
        return page.lowerBound < json.lowerBound
    }

    // The answer can change any day: a result can lose its force.
    private static var headers: HTTPFields {
        var headers = HTTPFields()
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return headers
    }

    private static func page(_ status: HTTPResponse.Status, _ page: VerificationPage) -> Reply {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return Reply(status, headers: headers, body: Array(page.html.utf8))
    }
}
