import Contracts
import Records

/// The layouts of the files that are taken in, by their names.
enum ImportLayouts {
    /// - Throws: what is wrong with a layout of the program itself.
    static func all() throws -> [ImportSubject: [String: RecordLayout]] {
        [
            .members: try byName([PackageResources.members_4_0_json]),
            .organizations: try byName([PackageResources.organizations_4_0_json]),
            .figures: try byName([PackageResources.figures_1_0_json]),
        ]
    }

    /// What the source answers to changes that went out.
    static func answers() throws -> RecordLayout { try RecordLayout(json: PackageResources.answers_4_0_json) }

    private static func byName(_ files: [[UInt8]]) throws -> [String: RecordLayout] {
        let layouts = try files.map { try RecordLayout(json: $0) }
        return Dictionary(uniqueKeysWithValues: layouts.map { ($0.name, $0) })
    }
}
