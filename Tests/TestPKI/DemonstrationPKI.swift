public import Foundation
import Subprocess
import Synchronization
import SystemPackage
public import Trust

/// A PKI made by `Infra/dev/pki/make-pki` in a temporary directory, once for each test process.
public struct DemonstrationPKI: Sendable {
    public struct Failure: Error { public let text: String }

    /// Where it lies; removed when the process ends.
    public let directory: URL

    /// The PKI of this process; made by whoever asks first.
    public static func shared() async throws -> DemonstrationPKI { try await made.value }

    private static let made = Task { try await DemonstrationPKI() }

    private init() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hoso-pki-\(UUID().uuidString)")
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Infra/dev/pki/make-pki")
        try await Self.run(script.path, directory.path)
        self.directory = directory
        // SoftHSM reads it when its module is loaded, which no test does before it has this value.
        setenv("SOFTHSM2_CONF", directory.appending(path: "softhsm2.conf").path, 1)
        // Made now, since SoftHSM sees only the tokens that are there when it starts.
        for token in ["guarded", "pulled"] { try await addToken(token) }
        leftovers.withLock { $0.append(directory) }
        atexit { leftovers.withLock { for directory in $0 { try? FileManager.default.removeItem(at: directory) } } }
    }

    public func path(_ name: String) -> String { directory.appending(path: name).path }

    public func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8)
    }

    public func certificate(_ name: String) throws -> Certificate { try Certificate(pem: text("\(name).pem")) }

    /// Opens one of the PKCS #12 files, for example "seal" or "faulty/expired".
    public func identity(_ name: String) throws -> SigningIdentity {
        try .pkcs12(path: path("\(name).p12"), passphrase: passphrase)
    }

    public let passphrase = "demonstration"
    public let pin = "1234"
    public let token = "hoso-demonstration"
    public let sealLabel = "organization-seal"
    public let module = "/usr/lib/softhsm/libsofthsm2.so"

    /// The demonstration root, believed as a public one.
    public var anchors: TrustAnchors {
        get throws { TrustAnchors([.init(try certificate("root"), .publicUse)]) }
    }

    /// The revocation lists of both authorities.
    public var revocation: TrustAnchors.Revocation {
        get throws {
            .lists(try ["root.crl", "issuing.crl"].map { try CertificateRevocationList(pem: text($0)) })
        }
    }
}

private let leftovers = Mutex<[URL]>([])
