import Contracts
import Foundation
import IntakeDomain
import Yams

/// Reads the published procedures from their files.
enum CatalogueReader {
    /// The entries inside the program, and those of a directory (`*.yaml`) where one is given.
    static func read(directory: String?) throws -> ProcedureCatalogue {
        var catalogue = ProcedureCatalogue()
        for (name, bytes) in published {
            try add(String(decoding: bytes, as: UTF8.self), file: "\(name).yaml", to: &catalogue)
        }
        guard let directory else { return catalogue }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yaml") }
        for name in names.sorted() {
            let path = (directory as NSString).appendingPathComponent(name)
            try add(String(contentsOfFile: path, encoding: .utf8), file: name, to: &catalogue)
        }
        return catalogue
    }

    private static let published = [
        ("dues-objection", PackageResources.dues_objection_yaml),
        ("inbound-transfer", PackageResources.inbound_transfer_yaml),
        ("official-transfer", PackageResources.official_transfer_yaml),
        ("residence-opinion", PackageResources.residence_opinion_yaml),
        ("temporary-stay-change", PackageResources.temporary_stay_change_yaml),
        ("temporary-transfer", PackageResources.temporary_transfer_yaml),
    ]

    static func add(_ yaml: String, file: String, to catalogue: inout ProcedureCatalogue) throws {
        do {
            try catalogue.add(YAMLDecoder().decode(ProcedureEntry.self, from: yaml))
        } catch {
            throw CatalogueFault(file: file, reason: "\(error)")
        }
    }
}

/// A file of the catalogue that cannot be used.
struct CatalogueFault: Error, CustomStringConvertible {
    let file: String
    let reason: String

    var description: String { "\(file): \(reason)" }
}
