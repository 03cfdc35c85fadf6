import Contracts
import Foundation
import Testing

/// A schema has exactly the fields of the Swift type, and demands exactly those the type cannot do without.
@Suite("Schemas and types have the same fields")
struct SchemaAgreementTests {
    @Test(
        "the first example shows every field, and the type has the same ones",
        arguments: ContractsRegistry.all.map { $0.type })
    func fields(type: String) throws {
        let payload = try #require(ContractsRegistry.payload(ofType: type))
        let schema = try ContractFiles.schema(of: type)
        let example = try #require(try ContractFiles.examples(of: type).first)
        #expect(schema["$id"]?.string == payload.dataSchema)
        for place in places(schema, schema, example.data, value: try decode(payload, example.data)) {
            let properties = place.schema["properties"]?.object ?? [:]
            let name = "\(type) \(place.path)"
            #expect(Set(properties.keys) == place.fields, "\(name): schema and type differ")
            #expect(Set(place.example.keys) == place.fields, "\(name): the example does not show every field")
        }
    }

    @Test(
        "without a required field nothing decodes, without another everything does",
        arguments: ContractsRegistry.all.map { $0.type })
    func required(type: String) throws {
        let payload = try #require(ContractsRegistry.payload(ofType: type))
        let schema = try ContractFiles.schema(of: type)
        let example = try #require(try ContractFiles.examples(of: type).first)
        for place in places(schema, schema, example.data, value: try decode(payload, example.data)) {
            let required = Set((place.schema["required"]?.array ?? []).compactMap(\.string))
            for field in place.fields {
                let shorter = example.data.removing(place.path + [field])
                let decodes = (try? decode(payload, shorter)) != nil
                #expect(decodes != required.contains(field), "\(type) \(place.path + [field])")
            }
        }
    }

    @Test(
        "a field that a later release adds does not disturb, at any depth",
        arguments: ContractsRegistry.all.map { $0.type })
    func added(type: String) throws {
        let payload = try #require(ContractsRegistry.payload(ofType: type))
        let schema = try ContractFiles.schema(of: type)
        let example = try #require(try ContractFiles.examples(of: type).first)
        for place in places(schema, schema, example.data, value: try decode(payload, example.data)) {
            let longer = example.data.setting(place.path + ["addedLater"], to: ["deep": [1, 2, 3]])
            #expect(try roundTrip(payload, longer) == example.data, "\(type) \(place.path)")
        }
    }

    /// An object of the schema that the type describes field by field.
    private struct Place {
        let path: [String]
        let schema: JSONValue
        let fields: Set<String>
        let example: [String: JSONValue]
    }

    /// The object itself and the described objects inside it; of an array the first element stands for all.
    private func places(
        _ schema: JSONValue, _ document: JSONValue, _ example: JSONValue, value: Any, path: [String] = []
    ) -> [Place] {
        guard let properties = schema["properties"]?.object else { return [] }
        let mirror = Mirror(reflecting: value)
        let fields = Set(mirror.children.compactMap(\.label))
        var found = [Place(path: path, schema: schema, fields: fields, example: example.object ?? [:])]
        for child in mirror.children {
            guard let name = child.label, let property = properties[name]?.resolved(in: document),
                let inner = example[name], let unwrapped = unwrap(child.value)
            else { continue }
            if property["type"]?.string == "array" {
                guard let items = property["items"]?.resolved(in: document), let element = inner.array?.first,
                    let first = Mirror(reflecting: unwrapped).children.first
                else { continue }
                found += places(items, document, element, value: first.value, path: path + [name])
            } else {
                found += places(property, document, inner, value: unwrapped, path: path + [name])
            }
        }
        return found
    }

    private func unwrap(_ value: Any) -> Any? {
        let mirror = Mirror(reflecting: value)
        return mirror.displayStyle == .optional ? mirror.children.first?.value : value
    }
}

@Suite("Schemas and enumerations have the same values")
struct EnumerationAgreementTests {
    private static let known: [String: [String]] = [
        "organizationType": OrganizationType.allCases.map(\.rawValue),
        "organizationStatus": OrganizationStatus.allCases.map(\.rawValue),
        "unitKind": UnitKind.allCases.map(\.rawValue),
        "duesRegion": DuesRegion.allCases.map(\.rawValue),
        "accountState": AccountState.allCases.map(\.rawValue),
        "residenceLinkState": ResidenceLinkState.allCases.map(\.rawValue),
        "membershipState": MembershipState.allCases.map(\.rawValue),
        "duesCategory": DuesCategory.allCases.map(\.rawValue),
        "duesBaseSource": DuesBaseSource.allCases.map(\.rawValue),
        "duesFigureKind": DuesFigureKind.allCases.map(\.rawValue),
        "roleName": RoleName.allCases.map(\.rawValue),
        "deadlineAlertLevel": DeadlineAlertLevel.allCases.map(\.rawValue),
        "paperFileState": PaperFileState.allCases.map(\.rawValue),
        "roleStatus": RoleStatus.allCases.map(\.rawValue),
        "how": RemittanceAcknowledged.How.allCases.map(\.rawValue),
        "settlementState": SettlementState.allCases.map(\.rawValue),
        "signerClass": SignerClass.allCases.map(\.rawValue),
        "signatureLevel": SignatureLevel.allCases.map(\.rawValue),
        "noticeChannel": NoticeChannel.allCases.map(\.rawValue),
        "service": ServiceName.allCases.map(\.rawValue),
    ]

    @Test("every enumeration of every schema is one of the program, value by value")
    func values() throws {
        var met: Set<String> = []
        for payload in ContractsRegistry.all {
            let schema = try ContractFiles.schema(of: payload.type)
            let definitions = schema["$defs"]?.object ?? [:]
            let properties = schema["properties"]?.object ?? [:]
            for (name, definition) in definitions.merging(properties, uniquingKeysWith: { first, _ in first }) {
                guard let values = definition["enum"]?.array?.compactMap(\.string) else { continue }
                #expect(values == Self.known[name], "\(payload.type) \(name)")
                met.insert(name)
            }
        }
        #expect(met == Set(Self.known.keys))
    }
}
