import Contracts
import Postgres
import RoutingDomain
import ServiceKit

/// What happened to a case since somebody read it, as he is told when his decision comes too late.
struct CaseChanges: Sendable {
    /// The name of the event, such as `case.step-completed`.
    let event: String
    let version: Int64
    let step: String?
    let action: String?

    /// The most that are told; the latest of them.
    static let most = 10

    static func since(
        _ version: Int64, of id: DossierID, in session: any PostgresQueryable
    ) async throws -> [CaseChanges] {
        let rows = try await session.query(
            """
            SELECT version, type, data ->> 'step' AS step, data ->> 'action' AS action FROM case_history
            WHERE dossier_id = \(id) AND version > \(version) AND type <> ALL (\(Self.untold))
            ORDER BY version DESC LIMIT \(most)
            """)
        return try rows.reversed().map { row in
            CaseChanges(
                event: CaseEvent.shortName(of: try row.get("type")), version: try row.get("version"),
                step: try row.get("step"), action: try row.get("action"))
        }
    }

    /// No decision is too late because of these.
    private static let untold = [
        CaseMessagePosted.type, CaseDeadlineAlert.type, CaseDeadlineMoved.type, CasePaperFileRecorded.type,
    ]

    /// The change beside the field that was stale.
    var told: FieldError {
        let step = step ?? ""
        let (vietnamese, english) =
            switch event {
            case "case.step-completed":
                ("Bước \(step) đã được xử lý (\(action ?? "")).", "The step \(step) was done (\(action ?? "")).")
            case "case.step-entered": ("Hồ sơ đang ở bước \(step).", "The case came to the step \(step).")
            case "case.unroutable": ("Bước \(step) chưa có người xử lý.", "The step \(step) has nobody to act.")
            case "case.rejected": ("Hồ sơ bị trả lại hoặc từ chối.", "The case was returned or refused.")
            case "case.supplement-requested":
                ("Đã yêu cầu người nộp bổ sung.", "The applicant was asked for a supplement.")
            case "case.box-corrected": ("Một ô của giấy đã được đính chính.", "A box of the letter was corrected.")
            case "case.letter-issued": ("Giấy giới thiệu đã được cấp.", "The letter was issued.")
            case "case.letter-cancelled": ("Giấy giới thiệu đã bị huỷ.", "The letter was cancelled.")
            case "case.stay-ending": ("Sắp hết thời gian sinh hoạt tạm thời.", "The stay comes to its end.")
            case "case.stay-changed": ("Thời gian sinh hoạt tạm thời đã thay đổi.", "The stay was changed.")
            case "case.stay-ended": ("Đã hết thời gian sinh hoạt tạm thời.", "The stay is over.")
            case "case.member-admitted": ("Đảng viên đã được tiếp nhận.", "The member was admitted.")
            case "case.result-requested": ("Kết quả đang được ký.", "The result is being signed.")
            case "case.completed": ("Hồ sơ đã kết thúc.", "The case is over.")
            default: ("Hồ sơ đã thay đổi.", "The case has changed.")
            }
        return FieldError(field: "version", rule: event, vietnamese: vietnamese, english: english)
    }
}

extension CaseEvent {
    /// `case.deadline-alert` for `hoso.case.deadline-alert.v1`.
    static func shortName(of type: String) -> String {
        type.split(separator: ".").dropFirst().dropLast().joined(separator: ".")
    }
}
