import Contracts
import Foundation
import ServiceTestKit
import Subprocess
import SystemPackage
import TestPKI
import Testing

@testable import Signing

private let conformancePython = ProcessInfo.processInfo.environment["HOSO_TEST_PYTHON"]

/// What pyHanko and ZXing make of a sealed receipt; they need Python with Tests/Conformance/requirements.txt, named by
/// HOSO_TEST_PYTHON.
@Suite("A receipt before independent judges", .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"))
struct ReceiptConformanceTests {
    private func run(_ script: String, _ arguments: [String]) async throws -> (isGood: Bool, output: String) {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Conformance/\(script)").path
        let python = try #require(conformancePython)
        let ended = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments([python, path] + arguments), output: .string(limit: 1 << 20))
        return (ended.terminationStatus.isSuccess, ended.standardOutput)
    }

    @Test("its seal is valid and trusted, a changed byte is found, and its QR code leads to the page that verifies it")
    func judged() async throws {
        let pki = try await DemonstrationPKI.shared()
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt(lines: 12)
            let issued = try await stage.sealed(receipt)
            var pdf = try await stage.get("/v1/receipts/\(issued.receiptId)/document", by: receipt.payer).body
            let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).pdf")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(pdf).write(to: file)
            let judging = [
                "--root", pki.path("root.pem"), "--crl", pki.path("root.crl"), "--crl", pki.path("issuing.crl"),
                "--count", "1", file.path,
            ]
            let verdict = try await run("verify_pdf.py", judging)
            #expect(verdict.isGood, "\(verdict.output)")
            let code = try await run("read_qr.py", [file.path])
            #expect(code.output == "https://hoso.example/v1/verify/\(issued.verificationId)\n")
            pdf[pdf.count / 3] ^= 1
            try Data(pdf).write(to: file)
            #expect(try await !run("verify_pdf.py", judging).isGood)
        }
    }
}
