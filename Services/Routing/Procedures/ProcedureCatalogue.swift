import Contracts
import Foundation
import RoutingDomain

/// The definitions this program can run: those it brings along, and those of a directory.
struct ProcedureCatalogue: Sendable {
    private var definitions: [ProcedureCode: [Int: ProcedureDefinition]] = [:]

    /// The definitions inside the program.
    static func bundled() throws(ProcedureFileFault) -> ProcedureCatalogue {
        var catalogue = ProcedureCatalogue()
        try catalogue.add(
            yaml: String(decoding: PackageResources.official_transfer_yaml, as: UTF8.self),
            file: "official-transfer.yaml")
        return catalogue
    }

    /// Adds every `*.yaml` of a directory, in the order of their names.
    mutating func add(directory: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yaml") }
        for name in names.sorted() {
            let path = (directory as NSString).appendingPathComponent(name)
            try add(yaml: String(contentsOfFile: path, encoding: .utf8), file: name)
        }
    }

    /// Adds a definition. The same version twice is refused: running cases rely on what it says.
    mutating func add(yaml: String, file: String) throws(ProcedureFileFault) {
        let definition = try ProcedureDefinition.read(yaml: yaml, file: file)
        guard definitions[definition.procedure]?[definition.version] == nil else {
            throw ProcedureFileFault(
                file: file, mark: nil, path: "version",
                reason: "version \(definition.version) of \(definition.procedure) is defined already")
        }
        definitions[definition.procedure, default: [:]][definition.version] = definition
    }

    /// Whether cases of the procedure run here at all.
    func knows(_ procedure: ProcedureCode) -> Bool { definitions[procedure] != nil }

    /// The definition that a case keeps.
    func definition(_ procedure: ProcedureCode, version: Int) -> ProcedureDefinition? {
        definitions[procedure]?[version]
    }
}
