/// How a schema stands to a program.
public enum SchemaState: Sendable, Hashable {
    /// Exactly the program's own migrations are applied.
    case current
    /// All of the program's migrations are applied and some it does not know; it may run.
    case newer
    /// Some of the program's migrations are missing; `migrate` has to run first.
    case older(missing: [String])
    /// A migration the program does not know asks for a newer one.
    case programTooOld(component: String, requires: Int)

    /// Whether a program may serve on such a schema.
    public var isServable: Bool { self == .current || self == .newer }
}
