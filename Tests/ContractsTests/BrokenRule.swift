import Contracts
import Foundation

/// The rule that the value breaks, or nil when it breaks none.
func brokenRule(_ act: () throws -> Void) -> String? {
    do {
        try act()
        return nil
    } catch let fault as InvalidValue {
        return fault.vietnamese.isEmpty || fault.english.isEmpty || fault.field.isEmpty ? "silent" : fault.rule
    } catch {
        return "another error: \(error)"
    }
}

/// The value as JSON text.
func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try ContractsJSON.encode(value), as: UTF8.self)
}
