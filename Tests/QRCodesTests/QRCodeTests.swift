import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import QRCodes

private let conformancePython = ProcessInfo.processInfo.environment["HOSO_TEST_PYTHON"]

@Suite("QR codes")
struct QRCodeTests {
    @Test("a QR code has its three corner marks, and its stretches are its dark squares")
    func qrCode() throws {
        let code = try #require(QRCode("https://hoso.example/tra-cuu/7K4M-Q2XW-9D3F"))
        #expect((code.side - 21) % 4 == 0)
        for (row, column) in [(0, 0), (0, code.side - 7), (code.side - 7, 0)] {
            #expect((0..<7).allSatisfy { code.isDark[row * code.side + column + $0] })
            #expect(!code.isDark[(row + 1) * code.side + column + 1])
            #expect(code.isDark[(row + 3) * code.side + column + 3])
        }
        #expect(code.stretches.reduce(0) { $0 + $1.length } == code.isDark.count { $0 })
        #expect(QRCode(String(repeating: "x", count: 4000)) == nil)
    }

    /// ZXing's reading; it needs Python with Tests/Conformance/requirements.txt, named by HOSO_TEST_PYTHON.
    @Test(
        "another program reads from the image what the code says",
        .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"),
        arguments: [
            "1", "Đảng phí tháng 11/2026",
            "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA5303704"
                + "54061800005802VN62150811DP26050001A63042E1A",
            String(repeating: "hồ sơ ", count: 200),
        ])
    func image(text: String) async throws {
        let code = try #require(QRCode(text))
        let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).png")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(code.png()).write(to: file)
        let reader = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Conformance/read_qr.py")
        let python = try #require(conformancePython)
        let read = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments([python, reader.path, file.path]),
            output: .string(limit: 1 << 16))
        #expect(read.standardOutput == text + "\n")
    }
}
