import Synchronization

/// How many OpenSSL objects this module holds at the moment.
///
/// Leak detectors do not see through OpenSSL's own caches, so the module counts what it opens and closes itself;
/// a test compares the number before and after.
public enum LiveHandles {
    private static let number = Atomic<Int>(0)

    /// The number of objects held now, process-wide.
    public static var count: Int { number.load(ordering: .relaxed) }

    static func opened() { number.add(1, ordering: .relaxed) }

    static func closed() { number.subtract(1, ordering: .relaxed) }
}
