import HTTPTypes

extension Problem {
    /// No bearer token.
    public static let notSignedIn = challenge(
        "not-signed-in", vietnamese: "Chưa đăng nhập", english: "Not signed in", error: nil)
    /// The token's time is over.
    public static let tokenExpired = challenge(
        "token-expired", vietnamese: "Phiên đăng nhập đã hết hạn", english: "The sign-in has expired",
        error: "invalid_token")
    /// The token's time has not come.
    public static let tokenNotYetValid = challenge(
        "token-not-yet-valid", vietnamese: "Phiên đăng nhập chưa có hiệu lực", english: "The sign-in is not valid yet",
        error: "invalid_token")
    /// The token is not one of our provider, or not for this suite, or damaged.
    public static let tokenInvalid = challenge(
        "token-invalid", vietnamese: "Thông tin đăng nhập không hợp lệ", english: "The sign-in is not valid",
        error: "invalid_token")
    /// The provider's keys were never reachable.
    public static let identityUnavailable = Problem(
        .serviceUnavailable, id: "identity-unavailable",
        vietnamese: "Chưa kiểm tra được đăng nhập, xin thử lại sau",
        english: "Sign-ins cannot be checked at the moment, please try again"
    ).retryAfter(seconds: 5)

    /// Nothing is entered under an account that is not in use.
    public static let accountClosed = Problem(
        .forbidden, id: "account-closed", vietnamese: "Tài khoản chưa kích hoạt, đang bị khoá hoặc đã thu hồi",
        english: "The account is not activated, locked or revoked")

    /// The person is not known surely enough.
    public static func assuranceTooLow(needed: Int) -> Problem {
        var problem = Problem(
            .forbidden, id: "assurance-level-too-low",
            vietnamese: "Tài khoản chưa đạt mức độ định danh cần thiết",
            english: "The level of identification is too low"
        ).with(
            vietnamese: "Cần tài khoản định danh điện tử mức độ \(needed).",
            english: "An electronic identity of level \(needed) is needed.")
        problem.headers[.wwwAuthenticate] =
            "Bearer error=\"insufficient_user_authentication\", acr_values=\"\(needed)\""
        return problem
    }

    private static func challenge(
        _ id: String, vietnamese: String, english: String, error: String?
    ) -> Problem {
        var problem = Problem(.unauthorized, id: id, vietnamese: vietnamese, english: english)
        problem.headers[.wwwAuthenticate] = error.map { "Bearer error=\"\($0)\"" } ?? "Bearer"
        return problem
    }
}
