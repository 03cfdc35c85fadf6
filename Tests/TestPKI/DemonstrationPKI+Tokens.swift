import Foundation
import Subprocess
import SystemPackage

extension DemonstrationPKI {
    /// Makes one more token with the seal's key and certificate in it.
    func addToken(_ label: String) async throws {
        let before = try tokens()
        try await Self.run(
            "softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", pin + pin, "--pin", pin)
        let key = path("\(label).key.der")
        let certificate = path("\(label).certificate.der")
        try await Self.run("openssl", "pkey", "-in", path("seal.key"), "-outform", "DER", "-out", key)
        try await Self.run("openssl", "x509", "-in", path("seal.pem"), "-outform", "DER", "-out", certificate)
        for (type, file) in [("privkey", key), ("cert", certificate)] {
            try await Self.run(
                "pkcs11-tool", "--module", module, "--token-label", label, "--login", "--pin", pin, "--label",
                sealLabel, "--id", "01", "--type", type, "--usage-sign", "--write-object", file)
        }
        guard try tokens().count == before.count + 1 else { throw Failure(text: "no token was made") }
    }

    /// Takes a token away as a pulled plug would: its files are gone.
    public func pullToken(_ label: String) throws {
        guard let directory = try directoryOfToken(label) else { throw Failure(text: "no token \(label)") }
        try FileManager.default.removeItem(atPath: directory)
    }

    private func directoryOfToken(_ label: String) throws -> String? {
        try tokens().map { path("tokens/\($0)") }.first { directory in
            let object = FileManager.default.contents(atPath: directory + "/token.object")
            return object?.range(of: Data(label.utf8)) != nil
        }
    }

    private func tokens() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path("tokens")).filter { !$0.hasPrefix(".") }
    }

    /// Runs a program, which has to end well.
    static func run(_ program: String, _ arguments: String...) async throws {
        let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
        let ended = try await Subprocess.run(
            executable, arguments: Arguments(arguments), output: .string(limit: 64 * 1024), error: .combinedWithOutput)
        guard ended.terminationStatus.isSuccess else {
            throw Failure(text: "\(program) \(ended.terminationStatus): \(ended.standardOutput)")
        }
    }
}
