import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A test in a process of its own, where nothing else runs: to count what a process holds, to take something from it,
/// or to kill it.
///
/// The test runs itself once more in another process; there `given` is not nil. (Swift Testing's exit tests would block
/// the threads of the concurrency runtime for as long as the other process lives.)
public enum OwnProcess {
    /// How the other process is to end.
    public enum Ending: Sendable {
        case passing
        case killed
        /// Or struck down by the runtime itself, which aborts when it finds no descriptor for a look at its threads
        /// (libdispatch's monitor of its workers: "registered worker exited prematurely").
        case passingOrAborted
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let key = "HOSO_TEST_GIVEN"
    private static let inherited = ProcessInfo.processInfo.environment

    /// What the test that started this process has given it; nil in any other process.
    public static let given: [String]? = inherited[key].flatMap {
        try? JSONDecoder().decode([String].self, from: Data($0.utf8))
    }

    /// Runs the same test in another process and waits for its end.
    ///
    /// Throws with what the process said when it ends otherwise.
    public static func run<Suite>(
        _ suite: Suite.Type, _ given: [String], ending: Ending = .passing, function: String = #function
    ) async throws {
        let test = "\(String(reflecting: suite))/\(function.prefix { $0 != "(" })"
        let ended = try await Subprocess.run(
            .path("/proc/self/exe"),
            arguments: ["--testing-library", "swift-testing", "--filter", "^\(test.replacing(".", with: "\\."))\\("],
            environment: .inherit.updating([
                .init(stringLiteral: key): String(decoding: try JSONEncoder().encode(given), as: UTF8.self),
                "HOSO_TEST_SEED": "\(SeededGenerator.seed)",
                // Without descriptors nobody can print where it was.
                "SWIFT_BACKTRACE": ending == .passingOrAborted ? "enable=no" : inherited["SWIFT_BACKTRACE"],
                "TSAN_OPTIONS": "\(inherited["TSAN_OPTIONS"] ?? ""):handle_sigill=0",
                "ASAN_OPTIONS": "\(inherited["ASAN_OPTIONS"] ?? ""):handle_sigill=0",
            ]), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let isExpected =
            switch ending {
            case .passing: ended.terminationStatus == .exited(0)
            case .killed: ended.terminationStatus == .signaled(SIGKILL)
            case .passingOrAborted: [.exited(0), .signaled(SIGILL)].contains(ended.terminationStatus)
            }
        let said = [ended.standardOutput, ended.standardError].compactMap(\.self).joined()
        guard isExpected, ended.terminationStatus != .exited(0) || said.contains("with 1 test") else {
            throw Failure(description: "the process of \(test) ended with \(ended.terminationStatus)\n\(said)")
        }
    }
}
