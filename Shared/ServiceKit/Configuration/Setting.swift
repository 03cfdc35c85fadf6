/// One declared configuration value: what it is called, what it may hold, and where it may come from.
///
/// A setting with the key `dues.vnpay.secret` is read from the environment variable `HOSO_DUES_VNPAY_SECRET`, from the
/// file named by `HOSO_DUES_VNPAY_SECRET_FILE` (secrets only), from `{"dues": {"vnpay": {"secret": …}}}` in the
/// configuration file, or from its default, in that order.
public struct Setting: Sendable {
    /// What a value may look like.
    public enum Kind: String, Sendable, CaseIterable {
        /// Any text.
        case string
        /// A whole number.
        case int
        /// A number with a unit: `250ms`, `5s`, `10m`, `8h`, `7d`.
        case duration
        /// `true` or `false`.
        case bool
        /// An absolute URL with a scheme.
        case url
        /// Texts separated by commas; a JSON array in the file.
        case list
        /// A path in the file system.
        case path
    }

    /// The dotted name, camel case inside a part: `http.maximumInFlight`.
    public var key: String
    /// What the value may look like.
    public var kind: Kind
    /// The value when nothing else gives one, written as in the environment.
    public var defaultValue: String?
    /// Whether the value is hidden wherever it would be shown.
    public var isSecret: Bool
    /// Whether the service refuses to start without it.
    public var isRequired: Bool
    /// Whether production refuses to start with it.
    public var isDevelopmentOnly: Bool
    /// Whether the default is good for development only: production refuses to start unless the value is stated.
    public var hasDevelopmentDefault: Bool
    /// The only values allowed, when not empty.
    public var allowed: [String]
    /// The allowed range of a whole number.
    public var range: ClosedRange<Int>?
    /// The name of the environment variable that the whole suite shares, read when the service's own is not set.
    public var sharedEnvironmentName: String?
    /// One sentence for the person who sets it.
    public var help: String

    /// Declares a setting; one without a default that is not required may be absent.
    public init(
        _ key: String, _ kind: Kind = .string, default defaultValue: String? = nil, isSecret: Bool = false,
        isRequired: Bool = false, isDevelopmentOnly: Bool = false, hasDevelopmentDefault: Bool = false,
        allowed: [String] = [], range: ClosedRange<Int>? = nil, sharedEnvironmentName: String? = nil,
        help: String
    ) {
        self.key = key
        self.kind = kind
        self.defaultValue = defaultValue
        self.isSecret = isSecret
        self.isRequired = isRequired
        self.isDevelopmentOnly = isDevelopmentOnly
        self.hasDevelopmentDefault = hasDevelopmentDefault
        self.allowed = allowed
        self.range = range
        self.sharedEnvironmentName = sharedEnvironmentName
        self.help = help
    }

    /// The environment variable of this setting: `HOSO_HTTP_MAXIMUM_IN_FLIGHT` for `http.maximumInFlight`.
    public var environmentName: String { "HOSO_" + Self.environmentPart(of: key) }

    static func environmentPart(of key: String) -> String {
        var name = ""
        var previous: Character = "."
        for character in key {
            if previous.isLowercase || previous.isNumber, character.isUppercase { name.append("_") }
            name.append(character.isLetter || character.isNumber ? Character(character.uppercased()) : "_")
            previous = character
        }
        return name
    }
}
