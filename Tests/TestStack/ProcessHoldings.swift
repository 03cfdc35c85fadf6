import Foundation
import Glibc

/// What this process has of the system.
public enum ProcessHoldings {
    /// How many descriptors are open.
    public static var descriptors: Int {
        // Looking opens one.
        entries("/proc/self/fd").count - 1
    }

    /// How many threads bear one of these names.
    public static func threads(named names: String...) -> Int {
        entries("/proc/self/task").filter { thread in
            let name = try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)
            return names.contains(name?.trimmingCharacters(in: .newlines) ?? "")
        }.count
    }

    private static func entries(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Runs the body while this process can open no further descriptor; for a process of a test's own.
    public static func withoutDescriptors<R>(_ body: () async throws -> R) async throws -> R {
        // The runtime opens a descriptor for its timers when the first one is set, and crashes where it gets none.
        try await Task.sleep(for: .milliseconds(1))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let before = limit
        limit.rlim_cur = min(limit.rlim_cur, 256)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var taken: [Int32] = []
        while true {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { break }
            taken.append(descriptor)
        }
        defer {
            for descriptor in taken { close(descriptor) }
            var before = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
        }
        return try await body()
    }
}
