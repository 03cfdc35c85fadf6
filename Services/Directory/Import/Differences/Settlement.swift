import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit

/// Settles a difference: what a person decided is done by the ordinary ways of changing a member, with his reason.
struct Settlement: Sendable {
    let desk: DirectoryDesk
    let visitor: Visitor
    let body: SettlementBody
    let transaction: PostgresTransaction

    private var kit: ServiceContext { desk.kit }

    /// What comes from the source need not be told to it.
    private var register: Register<CommandSink> {
        var register = desk.register(transaction, author: visitor.subject, reason: body.reason.text)
        register.tellsSource = false
        return register
    }

    /// - Throws: a problem where he may not, the rules do not allow it, or somebody was quicker.
    func settle(_ id: Int64) async throws -> Difference {
        guard let seen = try await DifferenceStore.read(id, in: transaction) else { throw Problem.notFound }
        // Members before everything else: the order in which everybody locks.
        var row: MemberStore.Row?
        if let member = seen.memberID { row = try await MemberStore.read(member, lock: .update, in: transaction) }
        guard let difference = try await DifferenceStore.read(id, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        try await checkAuthority(difference, row?.member)
        switch difference.state {
        case .settled: throw Problem.differenceSettled
        case .pending: throw Problem.changeOnItsWay
        case .open: break
        }
        // Under the member's lock: what was changed here since the comparison is on its way, and is not taken back.
        if try await DifferenceStore.isExplained(id, in: transaction) { throw Problem.changeOnItsWay }
        guard difference.actions.contains(body.action) else { throw Problem(Faults([Self.notAnAction])) }
        try await perform(difference, row)
        let state: Difference.State = body.action == .keepOurs ? .pending : .settled
        try await DifferenceStore.settle(
            id, as: state, outcome: body.action, reason: body.reason.text, by: visitor.subject, at: kit.time.now,
            in: transaction)
        try await kit.audit.record(
            "difference.settled", subject: "\(id)", actor: visitor.subject,
            details: ["action": body.action.rawValue, "reason": body.reason.text], in: transaction)
        guard let settled = try await DifferenceStore.read(id, in: transaction) else { throw Problem.notFound }
        return settled
    }

    /// Where the member stands now counts, not where he stood when the difference was found.
    private func checkAuthority(_ difference: Difference, _ member: Member?) async throws {
        var path: OrganizationPath?
        if let place = member?.cellId ?? difference.organizationID {
            path = try await OrganizationStore.path(from: place, in: transaction)
        }
        // Of two who are taken for one, neither settles it.
        for concerned in [difference.memberID, difference.otherMemberID] {
            guard visitor.authority.settles(as: difference.settler, about: concerned, at: path) else {
                throw Problem.outsideAuthority
            }
        }
    }

    private func perform(_ difference: Difference, _ row: MemberStore.Row?) async throws {
        switch body.action {
        case .setAside: return
        case .keepOurs: try await keepOurs(difference, row?.member)
        case .enter: try await enter(difference)
        case .takeSource:
            guard let row else { throw Problem.notFound }
            if difference.kind == .moved {
                try await move(row.member, difference)
            } else {
                try await take(difference, row)
            }
        }
    }

    /// The source is told what is right.
    private func keepOurs(_ difference: Difference, _ member: Member?) async throws {
        let now = kit.time.now
        if let member {
            let change = OutgoingChange(
                kind: difference.kind == .extra ? .entered : .correction,
                fields: difference.kind == .extra ? MemberFact.allCases.map(\.rawValue) : [difference.field])
            try await OutgoingStore.insert(
                change, .members, member.id.value, member.version, at: now, in: transaction)
        } else if let place = difference.organizationID,
            let organization = try await OrganizationStore.read(place, in: transaction)
        {
            let change = OutgoingChange(
                kind: difference.kind == .extra ? .organizationFounded : .organizationChanged,
                fields: difference.kind == .extra ? OrganizationFact.allCases.map(\.rawValue) : [difference.field])
            try await OutgoingStore.insert(
                change, .organizations, organization.id.value, organization.version, at: now, in: transaction)
        }
    }

    /// The member goes where the source has him, as by an admission.
    private func move(_ member: Member, _ difference: Difference) async throws {
        let toCell = try await cell(difference.sourceValue, field: "cellCode")
        guard let from = try await OrganizationStore.path(from: member.cellId, in: transaction) else {
            throw Problem.notFound
        }
        guard let first = toCell.first else { throw Problem.notFound }
        var roles: [(role: HeldRole, path: OrganizationPath)] = []
        for role in try await RoleStore.open(of: member.id, lock: .update, in: transaction) {
            let path = try await OrganizationStore.path(from: role.organizationId, in: transaction)
            roles.append((role, path ?? OrganizationPath([])))
        }
        let admission = Admission(fromCellId: member.cellId, toCellId: first.id, effectiveOn: desk.today)
        switch member.admitted(admission, from: from, to: toCell, roles: roles) {
        case .alreadyThere: return
        case .refused: throw Problem(Faults([Self.notMovable]))
        case .moved(let moved, let ended):
            try await register.change(moved)
            for role in ended { try await register.change(role) }
        }
    }

    /// One fact becomes as the source has it.
    private func take(_ difference: Difference, _ row: MemberStore.Row) async throws {
        guard let fact = difference.fact else { throw Problem(Faults([Self.notAnAction])) }
        switch fact {
        case .state: try await takeState(difference, row.member)
        case .personalId: try await takePersonalID(difference, row.member)
        default:
            var residence: OrganizationPath?
            if fact == .residenceCellCode, let code = difference.sourceValue {
                residence = try await organization(code, field: fact.rawValue)
            }
            let member = try desk.checked { [residence] () throws(Faults) in
                let correction = try MemberCorrection(
                    fact, difference.sourceValue, residenceCell: residence?.first?.id)
                guard let correction else { throw Faults([Self.notAnAction]) }
                return try row.member.corrected(correction, residenceCell: residence?.first, today: desk.today)
            }
            try await register.change(member)
        }
    }

    private func takeState(_ difference: Difference, _ member: Member) async throws {
        guard let state = difference.sourceValue.flatMap(MembershipState.init) else {
            throw Problem(Faults([Self.notAnAction]))
        }
        let roles = try await RoleStore.open(of: member.id, lock: .update, in: transaction)
        let cell = try await OrganizationStore.acting(for: member.cellId, in: transaction)
        let (changed, changedRoles) = try desk.checked { () throws(Faults) in
            try member.changed(MemberChange(state: state), roles: roles, cell: cell, today: desk.today)
        }
        try await register.change(changed)
        for role in changedRoles { try await register.change(role) }
    }

    private func takePersonalID(_ difference: Difference, _ member: Member) async throws {
        // A number that the source does not have is not wrong here.
        guard let number = difference.personalID else { throw Problem(Faults([Self.notAnAction])) }
        // It is no violated constraint: of that the server would quote the number in its log.
        let isTaken =
            try await transaction.queryOptional(
                "SELECT 1 AS one FROM members WHERE personal_id = \(number) AND id <> \(member.id)") != nil
        if isTaken { throw Problem.personalIDTaken }
        let changed = try desk.checked { () throws(Faults) in
            try member.changed(MemberChange(), roles: [], cell: nil, today: desk.today).member
        }
        try await register.change(changed)
        try await transaction.execute("UPDATE members SET personal_id = \(number) WHERE id = \(member.id)")
    }

    /// Somebody whom only the source has.
    private func enter(_ difference: Difference) async throws {
        guard let record = difference.record else { throw Problem(Faults([Self.notAnAction])) }
        let known: SourceRecord = try ContractsJSON.decode(from: record.bytes)
        let path: OrganizationPath
        if let id = body.cellID {
            path = try await desk.path(id, field: "cellId", in: transaction)
            try checkAuthority(at: path, difference)
        } else {
            path = try await cell(known.cellCode, field: "cellId")
        }
        var residence: OrganizationPath?
        if let code = known.residenceCellCode { residence = try await optionalOrganization(code) }
        guard let cell = path.first else { throw Problem.notFound }
        let id: MemberID = kit.ids.next(at: kit.time.now)
        let member = try desk.checked { [residence] () throws(Faults) in
            try Member.entered(
                id, try known.draft(cell: cell.id, residenceCell: residence?.first?.id), cell: cell,
                residenceCell: residence?.first, today: desk.today)
        }
        do {
            try await register.add(member, personalID: difference.personalID)
        } catch is PersonalIDTaken {
            throw Problem.personalIDTaken
        }
        try await transaction.execute(
            "UPDATE members SET source_id = \(known.sourceId) WHERE id = \(member.id)")
        try await transaction.execute(
            "UPDATE differences SET member_id = \(member.id) WHERE id = \(difference.id)")
    }

    /// A cell that a code names, where he may settle such differences too.
    private func cell(_ code: String?, field: String) async throws -> OrganizationPath {
        let path = try await organization(code ?? "", field: field)
        guard visitor.authority.settles(as: .committee, about: nil, at: path) else { throw Problem.outsideAuthority }
        return path
    }

    private func checkAuthority(at path: OrganizationPath, _ difference: Difference) throws(Problem) {
        guard visitor.authority.settles(as: difference.settler, about: nil, at: path) else { throw .outsideAuthority }
    }

    private func organization(_ code: String, field: String) async throws -> OrganizationPath {
        guard let path = try await optionalOrganization(code) else {
            throw Problem(Faults([Faults.unknownOrganization(field)]))
        }
        return path
    }

    private func optionalOrganization(_ code: String) async throws -> OrganizationPath? {
        let row = try await transaction.queryOptional("SELECT id FROM organizations WHERE code = \(code)")
        guard let row else { return nil }
        return try await OrganizationStore.heldPath(from: row.get("id"), in: transaction)
    }

    private static let notAnAction = InvalidValue(
        field: "action", rule: "difference.action", vietnamese: "Sai lệch này không xử lý được bằng cách đó.",
        english: "This is not a way to settle this difference.")
    private static let notMovable = InvalidValue(
        field: "action", rule: "difference.move", vietnamese: "Không chuyển được đảng viên đến chi bộ này.",
        english: "The member cannot be moved to this cell.")
}

/// The body of `POST /v1/differences/{id}/settlement`.
struct SettlementBody: Decodable, Sendable {
    let action: SettlementAction
    /// The cell that takes somebody who is entered, where it is not the one that the source names.
    let cellID: OrganizationID?
    let reason: Reason

    private enum CodingKeys: String, CodingKey {
        case action, reason
        case cellID = "cellId"
    }
}

/// What the source has of somebody who is not entered here, apart from the personal ID.
struct SourceRecord: Decodable, Sendable {
    let sourceId: String
    let fullName: String
    let sex: String?
    let birthDate: String?
    let cardNumber: String?
    let recordNumber: String?
    let joinedOn: String
    let recognisedOn: String?
    let cellCode: String
    let residenceCellCode: String?
    let state: String
    let duesCategory: String?

    func draft(cell: OrganizationID, residenceCell: OrganizationID?) throws(Faults) -> MemberDraft {
        guard let joined = try? Day(joinedOn), let state = MembershipState(rawValue: state) else {
            throw Faults([Faults.inFuture("joinedOn")])
        }
        var draft = MemberDraft(
            fullName: fullName, state: state, cellId: cell, joinedOn: joined, recognisedOn: day(recognisedOn))
        draft.residenceCellId = residenceCell
        draft.sex = sex.flatMap(PersonalID.Sex.init)
        draft.birthDate = day(birthDate)
        draft.officialCardNumber = cardNumber
        draft.recordNumber = recordNumber
        draft.duesCategory = duesCategory.flatMap(DuesCategory.init)
        return draft
    }

    /// The layout has checked that it is one.
    private func day(_ text: String?) -> Day? { text.flatMap { try? Day($0) } }
}

extension Problem {
    static let differenceSettled = Problem(
        .conflict, id: "difference-settled", vietnamese: "Sai lệch đã được xử lý",
        english: "The difference is settled already")
    /// A change made here explains the difference and has not arrived in the source.
    static let changeOnItsWay = Problem(
        .conflict, id: "change-on-its-way", vietnamese: "Thay đổi đang được gửi đến cơ sở dữ liệu nguồn",
        english: "A change that explains it is on its way to the source")
    static let personalIDTaken = taken(
        "personal-id-taken", field: "personalId", vietnamese: "Số định danh cá nhân đã có trong danh bạ",
        english: "The personal ID is in the directory already")
}
