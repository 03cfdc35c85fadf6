import ServiceKit

/// What of imports is for those who run the suite to decide.
enum ImportSettings {
    static let all = [
        Setting(
            "directory.imports.bodies", .list, default: "",
            help: "Codes of organisations whose administrators may import, beside the central organisation's."),
        Setting(
            "directory.imports.maximumBytes", .int, default: "8589934592", range: 1_024...1_099_511_627_776,
            help: "The largest import file, in bytes."),
        Setting(
            "directory.imports.maximumFaults", .int, default: "10000", range: 1...1_000_000,
            help: "With more wrong lines than this a file is refused."),
        Setting(
            "directory.imports.faultsInHundred", .int, default: "5", range: 1...100,
            help: "With more wrong lines in a hundred than this a file is refused."),
        Setting(
            "directory.imports.sourceUrl", .url,
            help: "Where the Party Member Database is asked for its records; absent: only files are taken in."),
        Setting("directory.imports.sourceToken", isSecret: true, help: "The bearer token that the source asks for."),
        Setting(
            "directory.imports.timeout", .duration, default: "1h", help: "The longest that one step of an import takes."
        ),
        Setting(
            "directory.imports.workMemory", .int, default: "256", range: 4...16_384,
            help: "What PostgreSQL may use for one sort or join of a comparison (work_mem), in MiB."),
    ]
}
