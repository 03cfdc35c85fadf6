import Contracts
import Foundation
import Postgres
import ServiceKit
import SigningDomain
import Synchronization
import Trust

/// Keeps the seal: opens it when it is first needed, and remembers what is wrong with it.
///
/// The service starts without its token: results can be looked up, and what is to be signed waits.
actor SealKeeper {
    private let settings: SealSettings
    private let trust: SealTrust
    private var identity: SigningIdentity?
    /// A fault that trying again cannot mend and can make worse: each wrong PIN brings a token nearer to its lock.
    private var lastingFault: TrustError?
    private let standing = Mutex<HealthState>(.ok)

    init(_ settings: SealSettings, trust: SealTrust) {
        self.settings = settings
        self.trust = trust
    }

    /// The seal, ready to sign, and under which root it stands; throws `JobFailure`.
    func seal(at now: Date) async throws -> (identity: SigningIdentity, signerClass: SignerClass) {
        do {
            let identity = try await opened()
            let signerClass = try trust.check(identity, at: now)
            let unreadable = trust.unreadableLists
            let state: HealthState =
                unreadable.isEmpty
                ? .ok : .degraded("revocation list unreadable: \(unreadable.joined(separator: ", "))")
            standing.withLock { $0 = state }
            return (identity, signerClass)
        } catch {
            let failure = JobFailure(error)
            standing.withLock { $0 = .degraded("seal: \(failure.reason)") }
            throw failure
        }
    }

    /// What the health report says of the seal.
    nonisolated var health: HealthState { standing.withLock { $0 } }

    private func opened() async throws -> SigningIdentity {
        if let identity { return identity }
        if let lastingFault { throw lastingFault }
        do {
            let opened = try await open()
            // Two callers may have opened it at the same time; either identity will do.
            identity = opened
            return opened
        } catch let fault as TrustError where fault.code == .wrongPIN || fault.code == .wrongPassphrase {
            lastingFault = fault
            throw fault
        }
    }

    private func open() async throws -> SigningIdentity {
        switch settings.place {
        case .file(let path, let passphrase):
            return try SigningIdentity.pkcs12(path: path, passphrase: passphrase)
        case .token(let module, let token, let label, let pin, let chain):
            let certificates = try chain.map { try Certificate.all(pem: String(contentsOfFile: $0, encoding: .utf8)) }
            let identity = try await SigningIdentity.opening(
                module: module, token: token, label: label, pin: pin, chain: certificates ?? [])
            return identity
        }
    }
}

extension JobFailure {
    /// What an error means for the job.
    init(_ error: any Error) {
        switch error {
        case let failure as JobFailure: self = failure
        case let fault as TrustError: self = .ofSurroundings("seal-\(fault.code.name.replacing("_", with: "-"))")
        case is PostgresError: self = .ofSurroundings("database")
        default: self = .ofSurroundings("internal")
        }
    }
}
