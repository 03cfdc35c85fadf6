public import Contracts
public import Foundation
public import WorkingTime

/// The confirmation that a dossier arrived (article 14.1): its code, the official time of receipt, and by when the
/// receiving body says whether it is complete.
public struct Acknowledgement: Hashable, Sendable {
    public let code: DossierCode
    /// The official time of receipt: what comes outside office hours counts from the next opening (C).
    public let receivedAt: Date
    /// When the dossier really came and was acknowledged.
    public let acknowledgedAt: Date
    public let deadline: Deadline

    /// The official time of receipt of what arrives at a moment.
    public static func receipt(of arrival: Date, by time: WorkingTime) -> Date {
        switch time.rules.outsideHours {
        case .nextOpening: time.nextOpening(from: arrival)
        case .asReceived: arrival
        }
    }

    /// Acknowledges a dossier.
    ///
    /// - Parameters:
    ///   - number: its running number at that body on the day of the official receipt.
    ///   - time: the calendar and the receiving body's office hours.
    public init(
        arrivedAt: Date, at body: OrganizationCode, number: Int, within limit: TimeLimit, by time: WorkingTime
    ) throws(InvalidValue) {
        receivedAt = Self.receipt(of: arrivedAt, by: time)
        acknowledgedAt = arrivedAt
        code = try DossierCode(organization: body, receivedOn: Day(containing: receivedAt), number: number)
        deadline = try time.deadline(from: receivedAt, limit: limit)
    }
}
