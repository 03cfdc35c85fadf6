import Contracts
import HTTPTypes
import ServiceKit

extension Problem {
    /// What an author is told of a document that cannot be used.
    static func policy(_ faults: [InvalidValue]) -> Problem {
        Problem(
            .unprocessableContent, id: "dues-policy", vietnamese: "Bản quy định đảng phí không dùng được",
            english: "The policy cannot be used", errors: faults.map { FieldError($0) })
    }

    static func proposed(_ version: Int) -> Problem {
        Problem(
            .conflict, id: "policy-proposed-already", vietnamese: "Đã có một bản quy định đang chờ phê duyệt",
            english: "Another version waits for its approval"
        ).with(vietnamese: "Phiên bản \(version) đang chờ.", english: "Version \(version) waits.")
    }

    static let policyUnchanged = Problem(
        .conflict, id: "policy-unchanged", vietnamese: "Bản quy định không khác bản hiện hành",
        english: "The policy says what the one in force says")
    static let policyDecided = Problem(
        .conflict, id: "policy-decided", vietnamese: "Phiên bản này không còn chờ phê duyệt",
        english: "This version does not wait for approval")
    static let policySamePerson = Problem(
        .conflict, id: "policy-same-person", vietnamese: "Người đề xuất không được tự phê duyệt",
        english: "Whoever proposed it cannot approve it",
        errors: [
            FieldError(
                field: "version", rule: "policy.same-person", vietnamese: "Phải do người thứ hai phê duyệt.",
                english: "A second person has to approve.")
        ])
    static let policyNotCompared = Problem(
        .conflict, id: "policy-not-compared",
        vietnamese: "Chưa so sánh với bản hiện hành cho tháng này hoặc một tháng sau",
        english: "It was not compared with the one in force for this month or a later one")
    static let comparisonUnderWay = Problem(
        .conflict, id: "policy-comparison-under-way", vietnamese: "Tháng này đang được so sánh",
        english: "A comparison of this month is under way")
}

extension FieldError {
    static let noPolicyInForce = FieldError(
        field: "month", rule: "policy.none-in-force", vietnamese: "Không có quy định nào cho tháng này.",
        english: "No rules are known for this month.")
}
