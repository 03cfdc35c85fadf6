import ArgumentParser

/// What is measured of Messaging alone: a consumer with a trivial handler, and an event's way from one service to the
/// next.
@main
struct Subject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoso-bench-subject", abstract: "The measured side of Benchmarks/run.",
        subcommands: [Prepare.self, Consume.self, HopWrite.self, HopRead.self])
}
