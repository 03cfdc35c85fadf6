import Contracts
import Foundation
import RoutingDomain

extension CaseView {
    /// A letter that is void.
    struct CancelledLetter: Encodable {
        let boxes: [Box]
        let corrections: [RunningCase.BoxCorrection]
        let reason: String?
        let byMemberId: MemberID?
        let cancelledAt: Date

        init(_ letter: RunningCase.CancelledLetter) {
            boxes = letter.boxes.map(Box.init)
            corrections = letter.corrections
            reason = letter.reason
            byMemberId = letter.byMemberId
            cancelledAt = letter.cancelledAt
        }
    }
}

extension CaseView {
    /// How the member stands with the dues.
    struct Dues: Encodable {
        let paidThrough: DuesMonth?
        let arrearsMonths: [DuesMonth]
        /// In đồng.
        let arrears: Dong

        init(_ standing: DuesStanding) {
            paidThrough = standing.paidThrough
            arrearsMonths = standing.arrearsMonths
            arrears = standing.arrears
        }
    }
}

extension CaseView {
    /// The sealed paper file that the member carries.
    struct CarriedFile: Encodable {
        struct Entry: Encodable {
            let state: PaperFileState
            let on: Day
            let organization: Organization
            let actedAt: Acting
            let byMemberId: MemberID
            let byName: String
            /// The absent officer for whom that person stood in.
            let forMemberId: MemberID?
            let text: String?
            let reference: String?
            let police: String?
            let recordedAt: Date
        }

        /// What was recorded last; absent until something is.
        let state: PaperFileState?
        /// Whether the member has had it in hand for longer than the letter may take to be presented.
        let overdue: Bool
        let entries: [Entry]
        /// What the caller may record now.
        let mayRecord: [PaperFileState]

        init?(_ running: RunningCase, _ around: Circumstances, for officer: Officer?) {
            guard CaseEngine.carriesPaperFile(in: running, around: around) else { return nil }
            let records = running.paperFile?.records ?? []
            state = records.last?.state
            overdue = around.isPaperFileOverdue(running)
            entries = records.map { Entry($0, around) }
            mayRecord = officer.map { CaseEngine.paperFileStates(for: $0, in: running, around: around) } ?? []
        }
    }
}

extension CaseView.CarriedFile.Entry {
    init(_ record: PaperFile.Record, _ around: Circumstances) {
        self.init(
            state: record.state, on: record.on, organization: CaseView.Organization(record.organizationId, around),
            actedAt: CaseView.Acting(record.seat, around), byMemberId: record.byMemberId, byName: record.byName,
            forMemberId: record.forMemberId, text: record.text, reference: record.reference, police: record.police,
            recordedAt: record.recordedAt)
    }
}
