public import Contracts
public import Foundation

/// The sealed paper file (hồ sơ đảng viên bản giấy, niêm phong) of a case, which the member carries to the receiving
/// side: what officers recorded of it.
public struct PaperFile: Codable, Hashable, Sendable {
    /// In order; a record never changes.
    public internal(set) var records: [Record] = []

    /// The last time that a file was handed to the member.
    var lastHandOver: Record? { records.last { $0.state == .handedOver || $0.state == .reissued } }

    /// What became of the file, as an officer recorded it.
    public struct Record: Codable, Hashable, Sendable {
        public let state: PaperFileState
        /// The day on which it happened; of a police confirmation its own day.
        public let on: Day
        /// For which organisation it was recorded.
        public let organizationId: OrganizationID
        /// Where the officer acted: the organisation itself or a superior in its place.
        public let seat: Seat
        public let byMemberId: MemberID
        public let byName: String
        /// The absent officer for whom that person stood in.
        public let forMemberId: MemberID?
        /// The report of a loss, or a remark.
        public let text: String?
        /// The number of the police confirmation.
        public let reference: String?
        /// Which police confirmed the loss.
        public let police: String?
        public let recordedAt: Date
    }
}

/// What an officer records of a paper file.
public struct PaperFileEntry: Hashable, Sendable {
    public let officer: Officer
    public let state: PaperFileState
    /// The day on which it happened.
    public let on: Day
    public let text: String?
    /// The number of a police confirmation.
    public let reference: String?
    /// Which police confirmed the loss.
    public let police: String?

    public init(
        officer: Officer, state: PaperFileState, on day: Day, text: String? = nil, reference: String? = nil,
        police: String? = nil
    ) {
        self.officer = officer
        self.state = state
        self.on = day
        self.text = text
        self.reference = reference
        self.police = police
    }
}

extension PaperFileState {
    /// What can be recorded after the last record; nil stands for none. A lost file may turn up again at either side.
    static func following(_ last: PaperFileState?) -> Set<PaperFileState> {
        switch last {
        case nil, .returned: [.handedOver]
        case .handedOver, .reissued: [.arrived, .lost, .returned]
        case .lost: [.policeConfirmed, .arrived, .returned]
        case .policeConfirmed: [.reissued, .arrived, .returned]
        // A wrongly addressed one goes back, or on to the right side, where it arrives again unless it is lost.
        case .arrived: [.arrived, .returned, .lost]
        }
    }
}

extension ProcedureDefinition {
    /// Who hands the sealed paper file over, and who receives it.
    public struct PaperFileRule: Hashable, Sendable {
        /// A role at an organisation that an expression finds.
        public struct Desk: Hashable, Sendable {
            public let at: OrganizationExpression
            public let role: RoleName

            public init(at expression: OrganizationExpression, role: RoleName) {
                self.at = expression
                self.role = role
            }
        }

        public let handedOverBy: Desk
        public let receivedBy: Desk

        public init(handedOverBy: Desk, receivedBy: Desk) {
            self.handedOverBy = handedOverBy
            self.receivedBy = receivedBy
        }

        /// Who records it.
        func desks(for state: PaperFileState) -> [Desk] {
            switch state {
            case .handedOver, .policeConfirmed, .reissued, .returned: [handedOverBy]
            case .arrived: [receivedBy]
            // The member reports it where he is.
            case .lost: [handedOverBy, receivedBy]
            }
        }
    }
}
