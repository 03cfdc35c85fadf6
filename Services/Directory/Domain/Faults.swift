public import Contracts

/// Everything that is wrong with what was entered; never empty.
public struct Faults: Error, Sendable {
    public let all: [InvalidValue]

    public init(_ all: [InvalidValue]) { self.all = all }

    /// Throws when there is a fault.
    static func check(_ faults: [InvalidValue]) throws(Faults) {
        guard faults.isEmpty else { throw Faults(faults) }
    }

    /// A day that must have come.
    public static func inFuture(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "day.future", vietnamese: "Ngày này ở trong tương lai.",
            english: "The day lies in the future.")
    }

    /// An organisation was named that is not kept here.
    public static func unknownOrganization(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "organization.unknown", vietnamese: "Không có tổ chức này.",
            english: "There is no such organisation.")
    }

    /// A member was named who is not kept here.
    public static func unknownMember(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "member.unknown", vietnamese: "Không có đảng viên này.",
            english: "There is no such member.")
    }

    /// A role was named that is not kept here.
    public static func unknownRole(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "role.unknown", vietnamese: "Không có vai trò này.", english: "There is no such role.")
    }
}
