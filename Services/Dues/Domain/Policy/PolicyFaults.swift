public import Contracts

/// What is wrong with a policy document, each fault with its place, for example `rates[0].categories.student`.
public struct PolicyFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public let faults: [InvalidValue]

    public init(_ faults: [InvalidValue]) { self.faults = faults }

    public var description: String { faults.map { "\($0)" }.joined(separator: "; ") }

    /// Throws them, unless there are none.
    static func require(_ faults: [InvalidValue]) throws(PolicyFaults) {
        guard faults.isEmpty else { throw PolicyFaults(faults) }
    }
}
