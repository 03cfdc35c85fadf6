import Foundation

/// Notes of the faults that tests put the product to; `Infra/test --long` makes `docs/faults.md` of them.
public enum FaultRecord {
    private struct Note: Encodable {
        let fault: String
        let done: String
        let test: String
        let seed: UInt64?
        let recovery: Double?
    }

    /// Notes one fault as one JSON line in the file that `HOSO_TEST_FAULTS` names; does nothing without that.
    ///
    /// Whether the product stood it is read from the test's own result, which is found by the names of suite and
    /// function; a suite stands in a file of its name (`Suite.swift`, `Suite+Part.swift`).
    /// - Parameters:
    ///   - fault: its id in `Tests/faults.tsv`.
    ///   - done: what the test does, for readers of the page.
    ///   - seed: what brings random choices back; `nil` when there are none.
    ///   - recovery: the time from the end of the fault until everything worked again.
    public static func note(
        _ fault: String, _ done: String, seed: UInt64? = nil, recovery: Duration? = nil, file: String = #fileID,
        function: String = #function
    ) {
        guard let path = ProcessInfo.processInfo.environment["HOSO_TEST_FAULTS"] else { return }
        let note = Note(
            fault: fault, done: done, test: test(file, function), seed: seed,
            recovery: recovery.map { $0 / .seconds(1) })
        guard var line = try? JSONEncoder().encode(note) else { return }
        line.append(UInt8(ascii: "\n"))
        let notes = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard notes >= 0 else { return }
        defer { close(notes) }
        // One call, so that lines of tests that run at the same time do not mix.
        _ = line.withUnsafeBytes { write(notes, $0.baseAddress, $0.count) }
    }

    /// The test as the runner's result file names it.
    private static func test(_ file: String, _ function: String) -> String {
        let path = file.split(separator: "/")
        let suite = path.last?.prefix { $0 != "." && $0 != "+" } ?? ""
        return "\(path.first ?? "").\(suite)/\(function)"
    }
}
