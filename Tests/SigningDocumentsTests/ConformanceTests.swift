import Foundation
import Subprocess
import TestPKI
import Testing
import Trust

@testable import SigningDocuments

private let conformancePython = ProcessInfo.processInfo.environment["HOSO_TEST_PYTHON"]

/// pyHanko's verdict; it needs Python with Tests/Conformance/requirements.txt, named by HOSO_TEST_PYTHON.
@Suite("pyHanko's verdict", .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"))
struct ConformanceTests {
    let pki: DemonstrationPKI

    init() async throws { pki = try await .shared() }

    private func judge(_ pdf: [UInt8], root: String = "root.pem", count: Int) async throws -> Tool.Outcome {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Conformance/verify_pdf.py")
        return try await Tool.run(
            [
                try #require(conformancePython), script.path, "--root", pki.path(root), "--crl", pki.path("root.crl"),
                "--crl", pki.path("issuing.crl"), "--count", "\(count)", "FILE",
            ], on: pdf)
    }

    private func signed() async throws -> [UInt8] {
        var pdf = try DocumentRenderer().render(SampleDocuments.letter(boxes: 10).content)
        for name in ["officer", "seal"] {
            let identity = try pki.identity(name)
            pdf = try await PDFSigner.sign(pdf, as: .init(field: name), signedAt: SampleDocuments.issuedAt) {
                try await identity.signDetached($0, at: Date())
            }
        }
        return pdf
    }

    @Test("both signatures are valid, trusted, PAdES, and cover the whole document")
    func valid() async throws {
        let outcome = try await judge(signed(), count: 2)
        #expect(outcome.status.isSuccess, "\(outcome.output)")
    }

    @Test("a changed byte, another root or a missing signature is found")
    func invalid() async throws {
        let pdf = try await signed()
        var changed = pdf
        changed[2000] ^= 1
        #expect(try await judge(changed, count: 2).status == .exited(1))
        #expect(try await judge(pdf, root: "faulty/untrusted.pem", count: 2).status == .exited(1))
        #expect(try await judge(pdf, count: 3).status == .exited(1))
        #expect(try await judge([1, 2, 3], count: 0).status == .exited(1))
    }
}
