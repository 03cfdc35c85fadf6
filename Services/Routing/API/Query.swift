import Contracts
import Hummingbird
import ServiceKit

/// Parameters after the question mark.
enum Query {
    /// The value; nothing when it is absent, a problem when it is none.
    static func value<Value>(
        _ name: String, _ request: Request, _ read: (String) -> Value?
    ) throws(Problem) -> Value? {
        guard let text = request.uri.queryParameters.get(name) else { return nil }
        guard let value = read(text) else {
            throw invalid(name, vietnamese: "không hợp lệ", english: "is not valid")
        }
        return value
    }

    /// How many rows a page has: 1 to 200, 50 where nothing is said.
    static func limit(_ request: Request) throws(Problem) -> Int {
        let limit = request.uri.queryParameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(limit) else {
            throw invalid("limit", vietnamese: "phải từ 1 đến 200", english: "must be 1 to 200")
        }
        return limit
    }

    /// What a caller is told of a parameter.
    static func invalid(_ name: String, vietnamese: String, english: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) \(vietnamese).",
                english: "The parameter \(name) \(english).")
        ])
    }
}
