public import Contracts

/// The end of an organisation by merger or dissolution.
public struct Closing: Sendable {
    /// The first day on which it does not act any more.
    public let effectiveOn: Day
    /// The successor of a merger; absent for a dissolution.
    public let successor: OrganizationPath?
    /// The cell that takes its members.
    public let membersTo: OrganizationPath?
    /// The organisation under which those below it hang afterwards.
    public let organizationsTo: OrganizationPath?
    /// The roles that go on at the successor; all others end.
    public let keptRoles: Set<RoleID>

    /// Everything passes to the successor.
    public static func merger(
        into successor: OrganizationPath, on day: Day, keeping roles: Set<RoleID> = []
    ) -> Closing {
        Closing(
            effectiveOn: day, successor: successor, membersTo: successor, organizationsTo: successor, keptRoles: roles)
    }

    /// Nothing follows it; what stands there goes where it is told.
    public static func dissolution(
        on day: Day, membersTo: OrganizationPath? = nil, organizationsTo: OrganizationPath? = nil
    ) -> Closing {
        Closing(
            effectiveOn: day, successor: nil, membersTo: membersTo, organizationsTo: organizationsTo, keptRoles: [])
    }
}

extension Organization {
    /// What a closing changes, or everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - contents: who and what stands at it.
    ///   - path: the organisation and those above it.
    ///   - there: the roles that are held at the successor already.
    ///   - ids: new ids for the roles that go on.
    public func closed(
        _ closing: Closing, with contents: OrganizationContents, at path: OrganizationPath,
        beside there: [HeldRole] = [], ids: @escaping () -> UUIDv7
    ) throws(Faults) -> Reorganized {
        var moving = Relocation(from: self, effectiveOn: closing.effectiveOn, ids: ids)
        if status != .active { moving.faults.append(Self.inactive) }
        if let successor = closing.successor { moving.faults += successorFaults(successor) }
        for place in [closing.membersTo, closing.organizationsTo].compactMap(\.self) where place.ids.contains(id) {
            moving.faults.append(Self.stays)
            break
        }
        // Whatever is told of a place that is closing itself would only repeat this.
        try Faults.check(moving.faults)
        moving.move(contents.organizations, to: closing.organizationsTo, field: closing.field("organizationsToId"))
        moving.move(
            contents.members, to: closing.membersTo, field: closing.field("membersToId"), movesResidence: true)
        moving.leave(contents.elsewhere, from: path, to: closing.membersTo)
        moving.move(
            contents.roles, keeping: closing.keptRoles, to: closing.successor?.first, beside: there,
            field: "keptRoles")
        var end = self
        end.version += 1
        end.status = closing.successor == nil ? .dissolved : .merged
        end.mergedIntoId = closing.successor?.first?.id
        end.bankAccounts = bankAccounts.ending(before: closing.effectiveOn)
        moving.result.organizations.append(end)
        try Faults.check(moving.faults)
        return moving.result
    }

    private func successorFaults(_ successor: OrganizationPath) -> [InvalidValue] {
        guard let next = successor.first, next.status == .active, !successor.ids.contains(id) else {
            return [Self.noSuccessor]
        }
        return next.type == type || (next.type.isCell && type.isCell) ? [] : [Self.anotherType]
    }

    private static let noSuccessor = InvalidValue(
        field: "intoId", rule: "organization.successor",
        vietnamese: "Tổ chức kế thừa phải đang hoạt động và không phải chính nó hoặc cấp dưới của nó.",
        english: "The successor is active, and neither the organisation itself nor below it.")
    private static let anotherType = InvalidValue(
        field: "intoId", rule: "organization.successor-type",
        vietnamese: "Tổ chức chỉ hợp nhất vào tổ chức cùng loại.",
        english: "An organisation merges into one of its own type, a cell into a cell.")
    private static let stays = InvalidValue(
        field: "id", rule: "reorganization.place-closing",
        vietnamese: "Không thể chuyển đến chính tổ chức đang kết thúc hoặc cấp dưới của nó.",
        english: "Nothing can go to the organisation that closes, or below it.")
}

extension Closing {
    /// How the body names a place: a merger has one for all.
    fileprivate func field(_ name: String) -> String { successor == nil ? name : "intoId" }
}

extension [OrganizationState.BankAccount] {
    /// The accounts, none of them used from the day on; those that would only begin then are gone.
    func ending(before day: Day) -> Self {
        let last = day.adding(days: -1)
        return filter { $0.from < day }.map { account in
            guard account.to.map({ $0 > last }) ?? true else { return account }
            return OrganizationState.BankAccount(
                bankCode: account.bankCode, accountNumber: account.accountNumber, holderName: account.holderName,
                verified: account.verified, from: account.from, to: last)
        }
    }
}
