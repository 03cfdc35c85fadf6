public import Contracts
import Foundation
public import RoutingDomain

/// The definitions this program can run: those it brings along, and those of a directory.
public struct ProcedureCatalogue: Sendable {
    /// A definition and the text that it was read from.
    public struct Written: Sendable {
        public let definition: ProcedureDefinition
        public let yaml: String
    }

    private var versions: [ProcedureCode: [Int: Written]] = [:]

    /// The texts of the definitions inside the program, by the names of their files.
    public static let texts: [String: String] = [
        "dues-objection.yaml": String(decoding: PackageResources.dues_objection_yaml, as: UTF8.self),
        "inbound-transfer.yaml": String(decoding: PackageResources.inbound_transfer_yaml, as: UTF8.self),
        "official-transfer.yaml": String(decoding: PackageResources.official_transfer_yaml, as: UTF8.self),
        "residence-opinion.yaml": String(decoding: PackageResources.residence_opinion_yaml, as: UTF8.self),
        "temporary-stay-change.yaml": String(decoding: PackageResources.temporary_stay_change_yaml, as: UTF8.self),
        "temporary-transfer.yaml": String(decoding: PackageResources.temporary_transfer_yaml, as: UTF8.self),
    ]

    /// The definitions inside the program.
    public static func bundled() throws(ProcedureFileFaults) -> ProcedureCatalogue {
        var catalogue = ProcedureCatalogue()
        for (file, text) in texts.sorted(by: { $0.key < $1.key }) { try catalogue.add(yaml: text, file: file) }
        return catalogue
    }

    /// Adds every `*.yaml` of a directory, in the order of their names.
    public mutating func add(directory: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yaml") }
        for name in names.sorted() {
            let path = (directory as NSString).appendingPathComponent(name)
            try add(yaml: String(contentsOfFile: path, encoding: .utf8), file: name)
        }
    }

    /// Adds a definition. The same version twice is refused: running cases rely on what it says.
    public mutating func add(yaml: String, file: String) throws(ProcedureFileFaults) {
        let definition = try ProcedureDefinition.read(yaml: yaml, file: file)
        guard versions[definition.procedure]?[definition.version] == nil else {
            let name = "\(definition.version) of \(definition.procedure)"
            throw ProcedureFileFaults([
                ProcedureFileFault(
                    file: file, mark: nil, path: "version", rule: "version.duplicate",
                    text: LocalizedText(
                        vietnamese: "phiên bản \(definition.version) của \(definition.procedure) đã có",
                        english: "version \(name) is defined already"))
            ])
        }
        versions[definition.procedure, default: [:]][definition.version] = Written(definition: definition, yaml: yaml)
    }

    /// The definition that a case keeps.
    public func definition(_ procedure: ProcedureCode, version: Int) -> ProcedureDefinition? {
        versions[procedure]?[version]?.definition
    }

    /// Every version of each procedure, by code and version.
    public var all: [Written] {
        versions.sorted { $0.key < $1.key }.flatMap { _, versions in versions.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// The newest definition of each procedure, by its code.
    public var newest: [ProcedureDefinition] {
        versions.sorted { $0.key.text < $1.key.text }.compactMap { _, versions in
            versions.max { $0.key < $1.key }?.value.definition
        }
    }
}
