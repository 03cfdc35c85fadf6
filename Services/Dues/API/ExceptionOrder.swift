import Contracts
import HTTPTypes
import ServiceKit

/// What a person does about an exception.
struct ExceptionOrder: Decodable, Sendable {
    enum Action: String, Sendable, CaseIterable {
        /// The caller works on it from now on.
        case take
        /// An officer works on it from now on.
        case assign
        /// What was noted is right.
        case confirm
        /// The unexplained money goes to another order.
        case reassign = "re-assign"
        /// It is proposed to write it off.
        case writeOff = "write-off"
        /// The second person agrees.
        case approve = "approve-write-off"
        /// The second person, or who proposed it, does not.
        case reject = "reject-write-off"
    }

    let action: String
    let reason: String
    /// For `assign`.
    let memberId: MemberID?
    /// For `re-assign`.
    let orderReference: String?

    func checkedAction() throws -> Action {
        guard let action = Action(rawValue: action) else {
            let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidValue(
                field: "action", rule: "exception.action", vietnamese: "Phải là một trong: \(names).",
                english: "It must be one of: \(names).")
        }
        return action
    }
}

extension Problem {
    /// Somebody was faster.
    static let exceptionSettled = Problem(
        .conflict, id: "exception-settled", vietnamese: "Ngoại lệ này đã được giải quyết",
        english: "This exception is settled",
        errors: [
            FieldError(
                field: "action", rule: "exception.settled", vietnamese: "Không còn gì để làm.",
                english: "There is nothing left to do.")
        ])

    /// An action that does not fit the exception as it stands.
    static func exceptionRefuses(
        _ rule: String, field: String = "action", _ vietnamese: String, _ english: String
    ) -> Problem {
        Problem(
            .conflict, id: "exception-action-refused", vietnamese: "Không thể xử lý ngoại lệ như vậy",
            english: "The exception cannot be dealt with so",
            errors: [
                FieldError(field: field, rule: "exception.\(rule)", vietnamese: vietnamese, english: english)
            ])
    }
}
