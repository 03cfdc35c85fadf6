/// Who decides about a member's dues.
public enum Decider: String, Hashable, Sendable {
    case cellItself = "cell-itself"
    case superior
}
