/// Everything that is wrong with a configuration, each fault named by its key.
public struct ConfigurationFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One fault of one key; never holds a value.
    public struct Entry: Sendable, Equatable {
        /// The dotted key, or the name of the variable where there is no such key.
        public var key: String
        /// What is wrong.
        public var fault: String
    }

    /// The faults in the order in which the settings are declared.
    public var entries: [Entry]

    /// What a service finds wrong with one value that has the declared form.
    public init(key: String, fault: String) { self.init(entries: [Entry(key: key, fault: fault)]) }

    init(entries: [Entry]) { self.entries = entries }

    /// All faults, one a line.
    public var description: String {
        entries.map { "\($0.key): \($0.fault)" }.joined(separator: "\n")
    }
}
