public import HTTPTypes

extension HTTPField.Name {
    /// The caller's own key of a request that creates something.
    public static let idempotencyKey = named("Idempotency-Key")
    /// Says that an answer is the stored one of an earlier request.
    public static let idempotencyReplayed = named("Idempotency-Replayed")

    /// What a client prefers (RFC 7240).
    public static let prefer = named("Prefer")
    /// Which of its preferences was followed.
    public static let preferenceApplied = named("Preference-Applied")

    /// The names above are valid tokens; the fallback is never reached.
    private static func named(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .via }
}
