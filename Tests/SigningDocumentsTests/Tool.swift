import Foundation
import Subprocess
import SystemPackage

/// Programs that judge documents independently of us, from the Debian package poppler-utils.
enum Tool {
    struct Outcome {
        let status: TerminationStatus
        let output: String
    }

    /// Runs a program on a file with these bytes, whose path stands where the arguments say "FILE".
    static func run(_ command: [String], on bytes: [UInt8]) async throws -> Outcome {
        let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).pdf")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let arguments = command.map { $0 == "FILE" ? file.path : $0 }
        let ended = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments(arguments), output: .string(limit: 1 << 20))
        return Outcome(status: ended.terminationStatus, output: ended.standardOutput)
    }

    /// The text of a PDF, with every stretch of blanks as one.
    static func text(of pdf: [UInt8]) async throws -> String {
        try await run(["pdftotext", "FILE", "-"], on: pdf).output.split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
    }

    static func pages(of pdf: [UInt8]) async throws -> Int? {
        let information = try await run(["pdfinfo", "FILE"], on: pdf).output
        return information.split(separator: "\n").first { $0.hasPrefix("Pages:") }
            .flatMap { Int($0.dropFirst(6).trimmingCharacters(in: .whitespaces)) }
    }
}
