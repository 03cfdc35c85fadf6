import Foundation

/// What the process costs: memory, file handles, processor time.
enum ProcessMetrics {
    static func install(in registry: MetricsRegistry) {
        registry.describe("process_anonymous_memory_bytes", "Anonymous resident memory (RssAnon).")
        registry.describe("process_resident_memory_bytes", "Resident memory, file pages included.")
        registry.describe("process_open_fds", "Open file handles.")
        registry.describe("process_max_fds", "The most file handles that may be open.")
        registry.describe("process_threads", "Threads of the process.")
        registry.describe("process_start_time_seconds", "When the process started, seconds since 1970.")
        registry.describe("process_cpu_seconds", "Processor time used, user and system.")
        let start = startTime()
        registry.gauge("process_start_time_seconds", []).set(start)
        registry.onCollect { registry in
            for (label, bytes) in memory() { registry.gauge(label, []).set(bytes) }
            registry.gauge("process_open_fds", []).set(Int64(openHandles()))
            registry.gauge("process_max_fds", []).set(handleLimit())
            let counter = registry.counter("process_cpu_seconds", [])
            counter.increment(by: processorSeconds() - counter.value)
        }
    }

    private static func memory() -> [(String, Double)] {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return [] }
        var found: [(String, Double)] = []
        for line in status.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard parts.count >= 2, let number = Double(parts[1]) else { continue }
            switch parts[0] {
            case "RssAnon:": found.append(("process_anonymous_memory_bytes", number * 1024))
            case "VmRSS:": found.append(("process_resident_memory_bytes", number * 1024))
            case "Threads:": found.append(("process_threads", number))
            default: break
            }
        }
        return found
    }

    private static func openHandles() -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 1) - 1
    }

    private static func handleLimit() -> Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Double(limit.rlim_cur)
    }

    private static func processorSeconds() -> Double {
        let fields = statFields()
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / ticksPerSecond
    }

    /// The kernel tells the start in ticks since boot.
    private static func startTime() -> Double {
        let fields = statFields()
        guard let uptime = try? String(contentsOfFile: "/proc/uptime", encoding: .utf8),
            let sinceBoot = uptime.split(separator: " ").first.flatMap({ Double($0) }), fields.count > 19,
            let ticks = Double(fields[19])
        else { return Date().timeIntervalSince1970 }
        return Date().timeIntervalSince1970 - sinceBoot + ticks / ticksPerSecond
    }

    /// What follows the program's name, which stands in brackets and may hold blanks.
    private static func statFields() -> [Substring] {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8) else { return [] }
        return stat.split(separator: ")").last?.split(separator: " ") ?? []
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
}
