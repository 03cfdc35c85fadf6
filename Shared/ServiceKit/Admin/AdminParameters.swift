import Hummingbird

/// Reads parameters of the administration's addresses.
enum AdminParameters {
    static func id(_ context: HosoRequestContext) throws(Problem) -> Int64 {
        guard let id = try number(context.parameters.get("id").map { Substring($0) }, "id") else {
            throw .invalidParameter
        }
        return id
    }

    static func number(_ text: Substring?, _ name: String) throws(Problem) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .invalidParameter.with(errors: [
                FieldError(
                    field: name, rule: "whole-number", vietnamese: "Phải là số nguyên không âm.",
                    english: "Must be a whole number, not negative.")
            ])
        }
        return number
    }
}
