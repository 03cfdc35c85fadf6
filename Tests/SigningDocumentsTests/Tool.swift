import Foundation

/// Programs that judge documents independently of us, from the Debian package poppler-utils.
enum Tool {
    struct Outcome {
        let status: Int32
        let output: String
    }

    /// Runs a program on a file with these bytes, whose path stands where the arguments say "FILE".
    static func run(_ command: [String], on bytes: [UInt8]) throws -> Outcome {
        let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).pdf")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command.map { $0 == "FILE" ? file.path : $0 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    /// The text of a PDF, with every stretch of blanks as one.
    static func text(of pdf: [UInt8]) throws -> String {
        try run(["pdftotext", "FILE", "-"], on: pdf).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    static func pages(of pdf: [UInt8]) throws -> Int? {
        let information = try run(["pdfinfo", "FILE"], on: pdf).output
        return information.split(separator: "\n").first { $0.hasPrefix("Pages:") }
            .flatMap { Int($0.dropFirst(6).trimmingCharacters(in: .whitespaces)) }
    }
}
