public import ArgumentParser
import Foundation
public import MadeUpCountry

/// `hosoctl generate`: the import files of a made-up population.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Writes the import files of a plainly made-up population on the real shape of the country.",
        discussion: """
            The same seed gives the same files, byte for byte. A later --revision differs from the first in one record of \
            a hundred: somebody moved, was renamed, is missing, came.
            """)

    @Option(help: "Which population.")
    var seed: UInt64 = 1

    @Option(help: "commune, province or country.")
    var scale: CountryScale = .commune

    @Option(help: "1 is the population itself; later ones differ in one record of a hundred.")
    var revision = 1

    @Option(help: "csv or jsonl.")
    var format: RecordWriter.Format = .csv

    @Flag(help: "Without the errors that real records have.")
    var clean = false

    @Option(help: "The directory for organizations, members and officers.")
    var out: String

    func validate() throws {
        guard revision >= 1 else { throw ValidationError("--revision counts from 1") }
    }

    func run() throws {
        let country = MadeUpCountry(
            seed: seed, scale: scale, revision: revision, rates: clean ? .none : ErrorRates())
        var writer = try RecordWriter(format, in: URL(fileURLWithPath: out, isDirectory: true))
        try country.tell(&writer)
        let counts = try writer.close()
        print("\(counts.organizations) organisations, \(counts.members) members, \(counts.officers) officers in \(out)")
    }
}

extension CountryScale: ExpressibleByArgument {}
extension RecordWriter.Format: ExpressibleByArgument {}
