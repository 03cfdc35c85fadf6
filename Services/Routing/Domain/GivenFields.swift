import Contracts
import Foundation

/// The further data an officer gave with an action, read and checked.
struct GivenFields: Hashable, Sendable {
    var duesPaidThrough: DuesMonth?
    var admittedOn: Day?
    var destinationCellId: OrganizationID?
    var officesHandedOver = false
    /// Grades by criterion, for an action that records an opinion.
    var grades: [String: String] = [:]

    init(
        _ given: [String: String], for action: ProcedureDefinition.Action, opinion: ProcedureDefinition.OpinionForm?,
        opened: Date, now: Date
    ) throws(Refusal) {
        let form = action.effect == .recordOpinion ? opinion : nil
        let criteria = form?.criteria.map(\.name) ?? []
        let known = Set(action.fields.map(\.name.rawValue) + criteria)
        if let stray = given.keys.sorted().first(where: { !known.contains($0) }) { throw .fieldUnknown(stray) }
        for field in action.fields {
            guard let text = given[field.name.rawValue] else {
                if field.isRequired { throw .fieldMissing(field.name.rawValue) }
                continue
            }
            try read(field.name, text, opened: Day(containing: opened), today: Day(containing: now))
        }
        let knownGrades = form?.grades.map(\.name) ?? []
        for criterion in criteria {
            guard let grade = given[criterion] else { throw .fieldMissing(criterion) }
            guard knownGrades.contains(grade) else { throw .gradeUnknown(criterion, knownGrades) }
            grades[criterion] = grade
        }
    }

    private mutating func read(
        _ name: ProcedureDefinition.Field.Meaning, _ text: String, opened: Day, today: Day
    ) throws(Refusal) {
        do {
            switch name {
            case .duesPaidThrough:
                let month = try DuesMonth(checking: text, field: "fields.\(name.rawValue)")
                duesPaidThrough = month
            case .admittedOn:
                admittedOn = try Day(checking: text, field: "fields.\(name.rawValue)")
            case .destinationCellId:
                destinationCellId = OrganizationID(text)
            case .officesHandedOver:
                officesHandedOver = text == "true"
            }
        } catch {
            throw Refusal(error)
        }
        if name == .destinationCellId, destinationCellId == nil { throw .identifier(name.rawValue) }
        if name == .officesHandedOver, !officesHandedOver { throw .confirmation(name.rawValue) }
        if let day = admittedOn, !(opened...today).contains(day) {
            throw .outOfRange(
                name.rawValue, "Ngày tiếp nhận phải từ ngày mở hồ sơ đến hôm nay.",
                "The day must lie between the opening of the case and today.")
        }
        if let month = duesPaidThrough, abs(DuesMonth(containing: today).months(until: month)) > 120 {
            throw .outOfRange(
                name.rawValue, "Kỳ đảng phí quá xa hiện tại.", "The month is too far from today.")
        }
    }
}
