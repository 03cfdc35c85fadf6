import HTTPTypes

extension Problem {
    /// No such address.
    public static let notFound = Problem(
        .notFound, id: "not-found", vietnamese: "Không tìm thấy", english: "Not found")
    /// The address exists, the method does not.
    public static let methodNotAllowed = Problem(
        .methodNotAllowed, id: "method-not-allowed", vietnamese: "Phương thức không được phép",
        english: "Method not allowed")
    /// The body is larger than this service reads.
    public static let bodyTooLarge = Problem(
        .contentTooLarge, id: "body-too-large", vietnamese: "Nội dung gửi lên quá lớn",
        english: "The request body is too large")
    /// The body is no JSON.
    public static let malformedBody = Problem(
        .badRequest, id: "malformed-body", vietnamese: "Nội dung gửi lên không phải JSON hợp lệ",
        english: "The request body is not valid JSON")
    /// A body in another format than JSON.
    public static let unsupportedMediaType = Problem(
        .unsupportedMediaType, id: "unsupported-media-type", vietnamese: "Định dạng nội dung không được hỗ trợ",
        english: "The format of the body is not supported")
    /// Fields of the body are missing or of another type.
    public static let invalidFields = Problem(
        .unprocessableContent, id: "invalid-fields", vietnamese: "Dữ liệu gửi lên chưa đúng",
        english: "Fields of the request are not valid")
    /// A parameter of the address or a header is not valid.
    public static let invalidParameter = Problem(
        .badRequest, id: "invalid-parameter", vietnamese: "Tham số không hợp lệ", english: "A parameter is not valid")
    /// More requests at once than this process works on.
    public static let overloaded = Problem(
        .serviceUnavailable, id: "overloaded", vietnamese: "Hệ thống đang bận, xin thử lại sau",
        english: "The service is busy, please try again"
    ).retryAfter(seconds: 1)
    /// The database or another part of the service is away.
    public static let unavailable = Problem(
        .serviceUnavailable, id: "unavailable", vietnamese: "Dịch vụ tạm thời gián đoạn, xin thử lại sau",
        english: "The service is temporarily unavailable, please try again"
    ).retryAfter(seconds: 5)
    /// It is not known whether the change was kept.
    public static let outcomeUnknown = Problem(
        .serviceUnavailable, id: "outcome-unknown",
        vietnamese: "Chưa rõ yêu cầu đã được ghi nhận hay chưa; xin gửi lại với cùng khoá Idempotency-Key",
        english: "It is not known whether the request was recorded; send it again with the same Idempotency-Key"
    ).retryAfter(seconds: 2)
    /// A fault of ours; the log knows more under the same trace.
    public static let internalError = Problem(
        .internalServerError, id: "internal-error", vietnamese: "Lỗi hệ thống", english: "Internal error")
    /// The copy of other services' state that a decision needs is too old.
    public static let projectionStale = Problem(
        .serviceUnavailable, id: "projection-stale",
        vietnamese: "Dữ liệu về chức vụ chưa được cập nhật, xin thử lại sau",
        english: "The data on roles is not up to date, please try again"
    ).retryAfter(seconds: 5)
    /// Two changes met; the caller may send the request again.
    public static let conflict = Problem(
        .conflict, id: "conflict", vietnamese: "Dữ liệu vừa được thay đổi, xin thử lại",
        english: "The data was changed in the meantime, please try again")
    /// The caller is known but may not do this.
    public static let forbidden = Problem(
        .forbidden, id: "forbidden", vietnamese: "Không có quyền thực hiện", english: "Not allowed")

    /// The same problem, telling the caller when to come back.
    public func retryAfter(seconds: Int) -> Problem {
        var copy = self
        copy.headers[.retryAfter] = String(max(1, seconds))
        return copy
    }
}
