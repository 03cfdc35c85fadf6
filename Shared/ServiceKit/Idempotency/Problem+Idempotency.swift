import Contracts
import HTTPTypes

extension Problem {
    /// A request that creates something came without its key.
    public static let idempotencyKeyMissing = Problem(
        .badRequest, id: "idempotency-key-missing", vietnamese: "Thiếu khoá Idempotency-Key",
        english: "The Idempotency-Key header is missing")
    /// The key is too short, too long or holds odd characters.
    public static let idempotencyKeyMalformed = Problem(
        .badRequest, id: "idempotency-key-malformed",
        vietnamese: "Khoá Idempotency-Key phải gồm 8 đến 128 ký tự ASCII không có khoảng trắng",
        english: "The Idempotency-Key must be 8 to 128 visible ASCII characters")
    /// The key was used for another request.
    public static let idempotencyKeyReused = Problem(
        .unprocessableContent, id: "idempotency-key-reused",
        vietnamese: "Khoá Idempotency-Key đã được dùng cho một yêu cầu khác",
        english: "The Idempotency-Key was used for another request")
    /// The first request with this key is still being worked on.
    public static let idempotencyInProgress = Problem(
        .conflict, id: "idempotency-in-progress", vietnamese: "Yêu cầu này đang được xử lý",
        english: "The same request is still being worked on"
    ).retryAfter(seconds: 1)
}
