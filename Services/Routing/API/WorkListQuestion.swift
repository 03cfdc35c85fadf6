import Contracts
import Foundation
import Hummingbird
import RoutingDomain
import ServiceKit

/// Which turns are asked for.
struct WorkListQuestion: Sendable {
    enum List: String, Sendable {
        /// Turns in which the caller acts.
        case mine
        /// All turns at the organisations of the caller.
        case organization
        /// All turns at the organisations of the caller and below them.
        case subtree
    }

    let list: List
    /// Only turns at this organisation; of a subtree, only turns at it and below it.
    let organization: OrganizationID?
    let procedure: ProcedureCode?
    /// By its name in the definition; asked for together with the procedure.
    let step: String?
    /// Only what is overdue, or only what is not.
    let overdue: Bool?
    /// Only what waits for the applicant, or only what does not.
    let waiting: Bool?
    /// How the code of the dossier begins.
    let code: String?
    let after: WorkListMark?
    let limit: Int

    /// The shortest text that is searched for in codes: it must leave few enough of them.
    static let shortestCode = 6

    init(_ request: Request) throws(Problem) {
        list = try Query.value("list", request, List.init) ?? .mine
        organization = try Query.value("organizationId", request) { OrganizationID($0) }
        procedure = try Query.value("procedure", request) { try? ProcedureCode($0) }
        step = try Query.value("step", request) { $0.isEmpty ? nil : $0 }
        overdue = try Query.value("overdue", request) { Bool($0) }
        waiting = try Query.value("waiting", request) { Bool($0) }
        code = try Query.value("code", request, Self.checkedCode)
        after = try Query.value("after", request, WorkListMark.init)
        limit = try Query.limit(request)
        guard step == nil || procedure != nil else {
            throw Query.invalid("step", vietnamese: "cần có thủ tục", english: "needs the procedure beside it")
        }
    }

    /// Whether turns at the organisation are asked for.
    func covers(_ id: OrganizationID) -> Bool { organization == nil || organization == id }

    /// The beginning of a code in the letters of codes; nil when it is too short, too long, or has other characters.
    private static func checkedCode(_ text: String) -> String? {
        let upper = text.uppercased()
        let isCode = upper.unicodeScalars.allSatisfy { scalar in
            ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "." || scalar == "-"
        }
        return isCode && (shortestCode...60).contains(upper.count) ? upper : nil
    }
}

extension WorkListQuestion {
    init(
        list: List, organization: OrganizationID? = nil, procedure: ProcedureCode? = nil, step: String? = nil,
        overdue: Bool? = nil, waiting: Bool? = nil, code: String? = nil, after: WorkListMark? = nil, limit: Int = 50
    ) {
        self.list = list
        self.organization = organization
        self.procedure = procedure
        self.step = step
        self.overdue = overdue
        self.waiting = waiting
        self.code = code
        self.after = after
        self.limit = limit
    }
}

/// Where the part of a list ended: the deadline, the case and the number of its last turn.
struct WorkListMark: Sendable {
    let due: Date
    let id: DossierID
    let turn: Int

    init(_ due: Date, _ id: DossierID, turn: Int) {
        self.due = due
        self.id = id
        self.turn = turn
    }

    /// Reads a mark that `text` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: "_")
        guard parts.count == 3, let milliseconds = Int64(parts[0]), let id = DossierID(String(parts[1])),
            let turn = Int32(parts[2])
        else { return nil }
        self.init(Date(millisecondsSince1970: milliseconds), id, turn: Int(turn))
    }

    var text: String { "\(due.millisecondsSince1970)_\(id)_\(turn)" }
}

/// Whose turns the caller sees.
enum WorkListScope: Sendable {
    /// Turns in which a member acts: never those of a matter that concerns himself.
    case seats([Seat], of: MemberID)
    case organizations([OrganizationID])
    /// Turns at these organisations and below them.
    case subtrees([OrganizationID])

    /// Whether the list names whom a case is about. A superior who has no part in a case learns that from the case, if
    /// he comes to act in it.
    var namesMembers: Bool {
        if case .subtrees = self { false } else { true }
    }
}
