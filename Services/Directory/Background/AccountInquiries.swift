import AsyncHTTPClient
import Contracts
import DirectoryDomain
import Foundation
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Postgres
import ServiceKit

/// Who knows under which name a bank keeps an account.
protocol AccountInquiry: Sendable {
    /// The holder as the bank writes him; nothing when it does not know the number.
    ///
    /// - Throws: ``InquiryFailed`` when no answer was to be had; it is asked again.
    func holder(bankCode: String, accountNumber: String) async throws -> String?
}

/// No answer that means anything; the reason names neither number nor holder.
struct InquiryFailed: Error {
    let reason: String
}

/// Asks the banks about the accounts that are proposed, outside any transaction. A question has no effect at the bank,
/// so it may be asked twice.
struct AccountInquiries: Sendable {
    let kit: ServiceContext
    let inquiry: any AccountInquiry
    /// How long one question may take before somebody else asks; also the pause after one that failed, in seconds.
    let lease: TimeInterval

    /// Asks about everything that is due.
    func run() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Asks about the next one; false when none is due.
    func step() async throws -> Bool {
        guard
            let due = try await BankAccountProposalStore.takeDue(at: kit.time.now, lease: lease, from: kit.pool)
        else { return false }
        guard case .use(let account) = due.change else { return true }
        do {
            let holder = try await inquiry.holder(bankCode: account.bankCode, accountNumber: account.accountNumber)
            try await keep(holder, of: due.id)
        } catch let failed as InquiryFailed {
            Counter(label: "directory.account.inquiries.failed").increment()
            kit.logger.warning(
                "a bank account could not be inquired; it is tried again",
                metadata: ["proposal": "\(due.id)", "reason": "\(failed.reason)"])
        }
        return true
    }

    private func keep(_ holder: String?, of id: UUIDv7) async throws {
        try await kit.pool.transaction { transaction in
            guard let proposal = try await BankAccountProposalStore.read(id, lock: .update, in: transaction),
                proposal.state == .proposed
            else { return }
            try await BankAccountProposalStore.update(proposal.answered(holder: holder), in: transaction)
        }
    }
}

/// Asks over HTTP: `GET <address>/<bank code>/<account number>`, answered with `{"holderName": …}` or 404. Redirections are
/// not followed: the token and the number are for one address.
struct HTTPAccountInquiry: AccountInquiry {
    let address: URL
    let token: String?
    /// For the whole of an answer.
    let timeout: Duration

    private struct Answer: Decodable {
        let holderName: String
    }

    func holder(bankCode: String, accountNumber: String) async throws -> String? {
        // Both are capital letters and digits by rule: nothing in them needs to be escaped.
        var request = HTTPClientRequest(url: "\(address.absoluteString)/\(bankCode)/\(accountNumber)")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        do {
            let answer = try await HTTPClient.unredirected.whole(request, upTo: 65_536, within: timeout)
            switch answer.status {
            case 200:
                return try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView)).holderName
            case 404: return nil
            default: throw InquiryFailed(reason: "http-\(answer.status)")
            }
        } catch let error as CancellationError {
            throw error
        } catch let failed as InquiryFailed {
            throw failed
        } catch is DecodingError {
            throw InquiryFailed(reason: "unreadable")
        } catch {
            // The error's own text may quote the address, and that has the number in it.
            throw InquiryFailed(reason: "unreachable")
        }
    }
}
