import Contracts
import Foundation

/// Numbers that depend on the seed alone.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

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
